"""In which language a request is answered: the one chosen with the account, else the browser's."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import translation

from sociair_portal.accounts import preferences
from sociair_portal.common.actors import user_of
from sociair_portal.common.buttons import by_button
from sociair_portal.common.ways_back import way_back


class LanguageMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if chosen := preferences.language_of(request):
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE


@login_not_required
@by_button
def choose(request: HttpRequest) -> HttpResponse:
    """The button on every page, for who is signed in and who is not yet."""
    answer = redirect(way_back(request, "/"))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if (user := user_of(request.user)) is not None:
            preferences.choose_language(request, user, language)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
        )
    return answer
