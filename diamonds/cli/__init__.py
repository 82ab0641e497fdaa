"""The commands of the ``diamonds`` program: they parse options, call the other rooms and print results.

Modules that are slow to import (models, the model store) are imported by the command that needs them, so that
``--help`` and the check of the ports are fast.
"""
