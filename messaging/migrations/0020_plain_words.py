"""Labels in plain words; the columns stay as they are."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
import sociair_portal.common.request_ids
from django.conf import settings
from django.db import migrations, models


_PERMISSIONS = {
    "settle_campaign": "Can decide whether messages went out",
    "control_campaign": "Can pause, reschedule and cancel colleagues' messages",
    "release_gateway": "Can start sending again after a hold",
}


def rename_permissions(apps: Any, schema_editor: Any) -> None:
    """Django names them once, when it makes them."""
    permissions = apps.get_model("auth", "Permission").objects
    for codename, name in _PERMISSIONS.items():
        permissions.filter(codename=codename, content_type__app_label="messaging").update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contacts', '0010_plain_words'),
        ('messaging', '0019_what_was_spent'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='batch',
            options={'verbose_name': 'request', 'verbose_name_plural': 'requests'},
        ),
        migrations.AlterModelOptions(
            name='billcheck',
            options={'verbose_name': 'bill check', 'verbose_name_plural': 'bill checks'},
        ),
        migrations.AlterModelOptions(
            name='campaign',
            options={'get_latest_by': 'id', 'permissions': [('send_campaign', 'Can compose and send'), ('settle_campaign', 'Can decide whether messages went out'), ('control_campaign', "Can pause, reschedule and cancel colleagues' messages")], 'verbose_name': 'campaign', 'verbose_name_plural': 'campaigns'},
        ),
        migrations.AlterModelOptions(
            name='erasure',
            options={'default_permissions': (), 'verbose_name': 'anonymisation', 'verbose_name_plural': 'anonymisations'},
        ),
        migrations.AlterModelOptions(
            name='gateway',
            options={'permissions': [('release_gateway', 'Can start sending again after a hold')], 'verbose_name': 'connection to Sociair', 'verbose_name_plural': 'connections to Sociair'},
        ),
        migrations.AlterModelOptions(
            name='recipienttable',
            options={'verbose_name': 'spreadsheet of recipients', 'verbose_name_plural': 'spreadsheets of recipients'},
        ),
        migrations.AlterModelOptions(
            name='retentionday',
            options={'default_permissions': (), 'verbose_name': 'removal of old data', 'verbose_name_plural': 'removals of old data'},
        ),
        migrations.AlterModelOptions(
            name='sentmessage',
            options={'verbose_name': 'attempt to send', 'verbose_name_plural': 'attempts to send'},
        ),
        migrations.AlterField(
            model_name='balancereading',
            name='asked_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='requested'),
        ),
        migrations.AlterField(
            model_name='balancereading',
            name='gateway',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='messaging.gateway', verbose_name='connection to Sociair'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='claimed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='sending began'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='outcome',
            field=models.CharField(blank=True, choices=[('unreachable', 'Sociair could not be reached. Nothing was sent. The portal will try again.'), ('certificate', "Sociair's security certificate is not trusted. Nothing was sent."), ('no_answer', 'Sociair did not answer. The messages may have gone out, so they were not sent again.'), ('worker_lost', 'The worker stopped before it saved the answer. The messages may have gone out, so they were not sent again.'), ('unreadable', "Sociair's answer could not be read. The messages may have gone out, so they were not sent again."), ('token_refused', 'Sociair refused the token. Nothing was sent.'), ('throttled', 'Sociair asked the portal to wait. Nothing was sent. The portal will try again.'), ('too_large', 'Sociair said the request is too large. Nothing was sent.'), ('misconfigured', 'Sociair does not allow this request. Nothing was sent.'), ('server_error', 'Sociair had an error. The messages may have gone out, so they were not sent again.'), ('accepted', 'Sociair accepted the messages.'), ('miscounted', "Sociair accepted the request, but its count differs from the portal's. Some messages may not have gone out. None were sent again."), ('contract_changed', "Sociair's answer names a number that was not in the request. Its interface may have changed. The messages may have gone out, so they were not sent again."), ('all_invalid', 'Sociair said all these numbers are invalid. Nothing was sent.'), ('some_invalid', 'Sociair said some of these numbers are invalid. It is not known whether the message went to the others, so nothing was sent again.'), ('refused', 'Sociair refused the message. Nothing was sent.'), ('unknown', 'Sociair gave an answer that is not in its documentation. The messages may have gone out, so they were not sent again.')], max_length=16, verbose_name='what happened'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='settled_as',
            field=models.CharField(blank=True, choices=[('accepted', 'They went out'), ('not_sent', 'They did not go out')], max_length=8, verbose_name='decision'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='settled_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='decided'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='settled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='settled_why',
            field=models.TextField(blank=True, verbose_name='reason for the decision'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('partly_refused', 'Partly refused'), ('unconfirmed', 'Not known'), ('split', 'Split in two'), ('cancelled', 'Cancelled'), ('settled', 'Decided')], default='queued', max_length=14, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='tries',
            field=models.PositiveIntegerField(default=0, verbose_name='attempts'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='again_why',
            field=models.TextField(blank=True, editable=False, verbose_name='reason for sending again'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='audience',
            field=models.JSONField(help_text='Groups, contacts and numbers, as they were chosen.', verbose_name='chosen recipients'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='chosen',
            field=models.TextField(blank=True, verbose_name='recipients in words'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='started'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='fingerprint',
            field=models.CharField(max_length=64, verbose_name='fingerprint of text and recipients'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='form_uuid',
            field=models.UUIDField(editable=False, unique=True, verbose_name='form ID'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='gateway',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='messaging.gateway', verbose_name='connection to Sociair'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='is_large',
            field=models.BooleanField(default=False, verbose_name='large send'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='is_test',
            field=models.BooleanField(default=False, verbose_name='test message'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='pause_reason',
            field=models.TextField(blank=True, verbose_name='reason for the pause'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='people_mark',
            field=models.BigIntegerField(default=0, editable=False, verbose_name='people prepared'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='request_id',
            field=models.CharField(blank=True, default=sociair_portal.common.request_ids.current_id, max_length=12, verbose_name='log ID'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='resumed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='sending began or resumed'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='reviewed_cost',
            field=models.DecimalField(decimal_places=4, default=0, max_digits=14, verbose_name='cost at review'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='rules',
            field=models.CharField(blank=True, editable=False, max_length=16, verbose_name='counting rules'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='sent_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='sent or scheduled'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='signed_people',
            field=models.CharField(blank=True, editable=False, max_length=60, verbose_name='people at review'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='table',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='messaging.recipienttable', verbose_name='spreadsheet'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='unconfirmed',
            field=models.PositiveIntegerField(default=0, verbose_name='not known'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='written_for',
            field=models.DateTimeField(blank=True, null=True, verbose_name='sending date in the text'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='started'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='mark',
            field=models.CharField(blank=True, max_length=8, verbose_name='start of the fingerprint'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='of_number',
            field=models.BooleanField(default=True, verbose_name='including the number'),
        ),
        migrations.AlterField(
            model_name='event',
            name='gateway',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='messaging.gateway', verbose_name='connection to Sociair'),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('sent', 'Send confirmed'), ('scheduled', 'Scheduled'), ('moved', 'Rescheduled'), ('started', 'Sending started'), ('paused', 'Paused'), ('resumed', 'Resumed'), ('cancelled', 'Cancelled'), ('overdue', 'Overdue: waited too long'), ('done', 'Done'), ('settled', 'Decided'), ('again', 'Sent again'), ('held', 'Sending stopped'), ('released', 'Sending started again')], max_length=9, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='event',
            name='request_id',
            field=models.CharField(blank=True, default=sociair_portal.common.request_ids.current_id, max_length=12, verbose_name='log ID'),
        ),
        migrations.AlterField(
            model_name='event',
            name='words',
            field=models.TextField(blank=True, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='balance_error',
            field=models.TextField(blank=True, verbose_name='reason the balance could not be read'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='calls',
            field=models.BigIntegerField(default=0, help_text='How many requests have been given a slot.', verbose_name='requests'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='held_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='on hold since'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='held_until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='on hold until'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='hold_kind',
            field=models.CharField(blank=True, choices=[('', 'not on hold'), ('timed', 'for a while'), ('token', 'until the token works'), ('person', 'until a manager starts sending again')], max_length=6, verbose_name='hold'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='hold_reason',
            field=models.CharField(blank=True, choices=[('unreachable', 'Sociair cannot be reached. Nothing was sent.'), ('throttled', 'Sociair asked the portal to slow down. Nothing was sent.'), ('token_refused', 'Sociair refused the token. Nothing was sent.'), ('may_not_send', 'This token can read the balance but cannot send. Nothing was sent.'), ('certificate', "Sociair's security certificate is not trusted. Nothing was sent."), ('misconfigured', "Sociair does not allow the portal's requests. Nothing was sent."), ('contract_changed', 'Sociair gave an answer that does not match its documentation.'), ('restored', 'A backup was restored. The database does not know about everything that was sent.'), ('not_saved', 'An answer from Sociair could not be saved. Its messages may have gone out.'), ('record_missing', 'This machine has no record of what went out, and there is no other machine to ask. Nothing was sent.'), ('machine_silent', 'The database was restarted, and a machine that sends has not been seen since. It may know about messages that the database does not. Nothing was sent.'), ('unexplained', 'While no worker was running, the balance changed, and this database does not explain why. Messages may have gone out that it does not know about.'), ('no_record', 'This machine cannot save its record of what it sends. Nothing was sent.'), ('unconfirmed', 'Sociair gave no clear answer to two requests in a row, or to three of the last ten.')], max_length=16, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='next_slot',
            field=models.DateTimeField(editable=False, null=True, verbose_name='next free slot'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='unconfirmed',
            field=models.PositiveIntegerField(default=0, verbose_name='not known in a row'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='unknown_calls',
            field=models.BigIntegerField(default=0, editable=False, verbose_name='requests that the database does not know'),
        ),
        migrations.AlterField(
            model_name='gateway',
            name='wake_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='worker starts next at'),
        ),
        migrations.AlterField(
            model_name='leftout',
            name='reason',
            field=models.CharField(choices=[('invalid', 'Not a mobile number'), ('opted_out', 'Opted out'), ('no_rate', 'Sociair has no rate for this operator'), ('duplicate', 'Same number as another entry'), ('missing', 'No value for a field'), ('text', 'The text cannot be sent with these details'), ('shared', 'Several people share this number'), ('repeated', 'Got the same text recently')], max_length=9, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='leftout',
            name='words',
            field=models.CharField(max_length=300, verbose_name='details'),
        ),
        migrations.AlterField(
            model_name='machine',
            name='gateway',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='machines', to='messaging.gateway', verbose_name='connection to Sociair'),
        ),
        migrations.AlterField(
            model_name='machine',
            name='name',
            field=models.CharField(help_text='The name of the host.', max_length=100, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='numbercode',
            name='guesses',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='attempts'),
        ),
        migrations.AlterField(
            model_name='numbercode',
            name='sent_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='requested'),
        ),
        migrations.AlterField(
            model_name='peoplecount',
            name='state',
            field=models.CharField(choices=[('asked', 'Requested'), ('running', 'Being counted'), ('done', 'Counted'), ('given_up', 'Could not be counted')], default='asked', max_length=8),
        ),
        migrations.AlterField(
            model_name='profile',
            name='entered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by'),
        ),
        migrations.AlterField(
            model_name='profile',
            name='proved_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='confirmed, or entered by a manager'),
        ),
        migrations.AlterField(
            model_name='recipient',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='messaging.batch', verbose_name='request'),
        ),
        migrations.AlterField(
            model_name='recipient',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('unconfirmed', 'Not known'), ('not_sent', 'Not sent'), ('cancelled', 'Cancelled'), ('opted_out', 'Opted out')], default='queued', max_length=11, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='hidden_rows',
            field=models.PositiveIntegerField(default=0, verbose_name='hidden rows left out'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='name_key',
            field=models.CharField(blank=True, max_length=100, verbose_name='name column'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='number_key',
            field=models.CharField(max_length=100, verbose_name='number column'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='odd_cells',
            field=models.JSONField(default=list, verbose_name='unusual cells'),
        ),
        migrations.AlterField(
            model_name='recipienttable',
            name='source',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.contactimport', verbose_name='source file'),
        ),
        migrations.AlterField(
            model_name='retentionday',
            name='is_over',
            field=models.BooleanField(default=False, verbose_name='finished'),
        ),
        migrations.AlterField(
            model_name='sentlink',
            name='sent_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='requested'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='attempt',
            field=models.PositiveIntegerField(verbose_name='attempt'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='messaging.batch', verbose_name='request'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='gateway',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.gateway', verbose_name='connection to Sociair'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='numbers',
            field=models.JSONField(default=list, verbose_name='numbers in the request'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='other',
            field=models.PositiveIntegerField(null=True, verbose_name='other operators'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='outcome',
            field=models.CharField(choices=[('unreachable', 'Sociair could not be reached. Nothing was sent. The portal will try again.'), ('certificate', "Sociair's security certificate is not trusted. Nothing was sent."), ('no_answer', 'Sociair did not answer. The messages may have gone out, so they were not sent again.'), ('worker_lost', 'The worker stopped before it saved the answer. The messages may have gone out, so they were not sent again.'), ('unreadable', "Sociair's answer could not be read. The messages may have gone out, so they were not sent again."), ('token_refused', 'Sociair refused the token. Nothing was sent.'), ('throttled', 'Sociair asked the portal to wait. Nothing was sent. The portal will try again.'), ('too_large', 'Sociair said the request is too large. Nothing was sent.'), ('misconfigured', 'Sociair does not allow this request. Nothing was sent.'), ('server_error', 'Sociair had an error. The messages may have gone out, so they were not sent again.'), ('accepted', 'Sociair accepted the messages.'), ('miscounted', "Sociair accepted the request, but its count differs from the portal's. Some messages may not have gone out. None were sent again."), ('contract_changed', "Sociair's answer names a number that was not in the request. Its interface may have changed. The messages may have gone out, so they were not sent again."), ('all_invalid', 'Sociair said all these numbers are invalid. Nothing was sent.'), ('some_invalid', 'Sociair said some of these numbers are invalid. It is not known whether the message went to the others, so nothing was sent again.'), ('refused', 'Sociair refused the message. Nothing was sent.'), ('unknown', 'Sociair gave an answer that is not in its documentation. The messages may have gone out, so they were not sent again.')], max_length=16, verbose_name='outcome'),
        ),
        migrations.AlterField(
            model_name='sentmessage',
            name='withheld',
            field=models.PositiveIntegerField(help_text='In bytes.', null=True, verbose_name='size of an answer that was not kept'),
        ),
        migrations.AlterField(
            model_name='tablerow',
            name='is_opted_out',
            field=models.BooleanField(db_default=False, default=False, verbose_name='opted out in the spreadsheet'),
        ),
        migrations.AlterField(
            model_name='tablerow',
            name='reason',
            field=models.CharField(blank=True, max_length=300, verbose_name='reason it has no number'),
        ),
        migrations.AlterField(
            model_name='tablerow',
            name='table',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='messaging.recipienttable', verbose_name='spreadsheet'),
        ),
        migrations.RunPython(rename_permissions, migrations.RunPython.noop),
    ]
