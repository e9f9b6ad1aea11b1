"""CloudFormation: templates become stacks, by change sets or at once, and go again without a trace.

template yaml_forms source   reading what the user wrote
intrinsics references loops  functions, who needs whom, loops of the language extensions
transforms                   AWS::Serverless and the language extensions
parameters capabilities      what the caller must give and acknowledge
deployment plan              one reading of a template; what it would alter
steps engine handling outcomes   what comes next, doing it, and what its end means
stacks change_sets describe templates   the operations
resources/                   one file for each service whose resources a stack can hold
"""

from . import change_sets, describe, engine, stacks, templates
from .state import service

__all__ = ["change_sets", "describe", "engine", "service", "stacks", "templates"]
