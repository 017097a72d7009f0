"""How many queries a page takes."""

from typing import Final

# On every page of the portal: session, user, permissions of the user and of the roles, gateway,
# balance, campaigns that need a decision.
FRAME: Final = 7

# On every page of the admin: session, user, both kinds of permissions.
ADMIN: Final = 4
