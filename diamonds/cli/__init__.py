"""The commands of the ``diamonds`` program: they parse, call and show.

What is slow to import (models, the model store) is imported by the command that needs it, so that ``--help``
and the check of the ports answer at once.
"""
