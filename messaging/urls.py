"""Composing, sending and looking back."""

app_name = "messaging"
urlpatterns: list[object] = []
