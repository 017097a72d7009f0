"""People, groups and campaigns for tests."""

from typing import Any

import factory
from django.contrib.auth import models
from django.contrib.auth.models import User

from contacts.models import Contact, Group, OptOut
from contacts.names import name_key
from contacts.phone import operator_of
from contacts.sounds import sound


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")

    @factory.post_generation
    def role(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if create and extracted:
            self.groups.add(models.Group.objects.get(name=extracted))


class ContactFactory(factory.django.DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    name = factory.Sequence(lambda n: f"Person {n}")
    name_key = factory.LazyAttribute(lambda contact: name_key(contact.name))
    sound_key = factory.LazyAttribute(lambda contact: sound(contact.name))
    mobile = factory.Sequence(lambda n: f"98410{n:05d}")
    operator = factory.LazyAttribute(lambda contact: operator_of(contact.mobile).value)


class GroupFactory(factory.django.DjangoModelFactory[Group]):
    class Meta:
        model = Group
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Group {n}")

    @factory.post_generation
    def members(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            self.members.set(extracted)


class OptOutFactory(factory.django.DjangoModelFactory[OptOut]):
    class Meta:
        model = OptOut

    mobile = factory.Sequence(lambda n: f"98510{n:05d}")
