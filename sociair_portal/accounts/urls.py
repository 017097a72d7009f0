"""The addresses of signing in and out, of one's own account, and of colleagues."""

from allauth.account import views as account
from allauth.usersessions import views as sessions
from django.urls import URLPattern, URLResolver, include, path, re_path

from sociair_portal.accounts.views import colleagues, here, joining, links, preferences

# The library finds its pages by these names.
_own: list[URLPattern | URLResolver] = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("closed/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/forgotten/", account.password_reset, name="account_reset_password"),
    path(
        "password/forgotten/sent/", account.password_reset_done, name="account_reset_password_done"
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("second-step/", include("allauth.mfa.urls")),
    path("devices/", sessions.list_usersessions, name="usersessions_list"),
    path("join/", joining.join, name="join"),
    path("join/<str:secret>/", joining.open_link),  # as older portals wrote links
    path("preferences/", preferences.preferences, name="preferences"),
    path("here/", here.here, name="here"),
    path("here/still/", here.still_here, name="still_here"),
    path("here/again/", here.again, name="here_again"),
]
_colleagues: list[URLPattern | URLResolver] = [
    path("", colleagues.colleague_list, name="colleagues"),
    path("new/", colleagues.colleague_new, name="colleague_new"),
    path("<int:pk>/", colleagues.colleague, name="colleague"),
    path("<int:pk>/link/", links.new_link, name="colleague_link"),
    path("<int:pk>/link/sms/", links.send_link, name="colleague_send_link"),
    path("<int:pk>/no-link/", links.no_link, name="colleague_no_link"),
    path("<int:pk>/close/", colleagues.close, name="colleague_close"),
    path("<int:pk>/open/", colleagues.open_again, name="colleague_open"),
    path("<int:pk>/try-again/", colleagues.let_try_again, name="colleague_try_again"),
    path("<int:pk>/sign-out/", colleagues.sign_out, name="colleague_sign_out"),
    path("<int:pk>/second-step/", colleagues.reset_second_step, name="reset_second_step"),
]
urlpatterns = [
    path("account/", include(_own)),
    path("colleagues/", include(_colleagues)),
    path("j/<str:secret>", joining.open_link, name="open_link"),  # short: it goes out by SMS
]
