"""What the portal is built from: known holes in it, and its bill of materials.

For development and CI; nothing here runs in a portal, and nothing here asks a network.
"""
