"""Macros: what a template becomes before CloudFormation reads it.

`AWS::Serverless-2016-10-31` is expanded by the library AWS's own service uses, in process and without a
call to anywhere; `AWS::LanguageExtensions` by us. Any other macro is refused by name.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from .errors import TransformFailed
from .loops import unrolled

Plain = dict[str, Any]
SERVERLESS = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"


def declared(template: Plain) -> list[str]:
    """Names of the transforms a template asks for, in order."""
    asked = template.get("Transform", [])
    return [_name(each) for each in (asked if isinstance(asked, list) else [asked])]


def transformed(template: Plain, parameters: dict[str, str], region: str) -> Plain:
    """The template after all its transforms. TransformFailed says which would not, and why."""
    for name in declared(template):
        if name not in TRANSFORMS:
            raise TransformFailed(f"No transform named {name} found.")
        template = TRANSFORMS[name](template, parameters, region)
    return template


def _name(transform: Any) -> str:
    return str(transform.get("Name")) if isinstance(transform, dict) else str(transform)


def _serverless(template: Plain, parameters: dict[str, str], region: str) -> Plain:
    _refuse_repository(template)
    # Imported when first needed: it takes most of a second, and most stacks are not serverless.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    class Session:
        """All the translator wants of a boto session."""

        region_name = region

    translator = Translator({}, Parser(), boto_session=Session())
    try:
        made = translator.translate(copy.deepcopy(template), dict(parameters))
    except InvalidDocumentException as refusal:
        causes = " ".join(cause.message for cause in refusal.causes)
        raise TransformFailed(f"Transform {SERVERLESS} failed with: {refusal.message} {causes}") from None
    finally:
        translator.metrics.publish()  # to nobody; it grumbles in the log otherwise
    plain: Plain = json.loads(json.dumps(made))  # its dicts and strings are of its own making
    return plain


def _refuse_repository(template: Plain) -> None:
    """Applications of the public repository would have to be fetched from the real world."""
    for name, resource in template.get("Resources", {}).items():
        location = (resource.get("Properties") or {}).get("Location") if isinstance(resource, dict) else None
        if isinstance(location, dict) and resource.get("Type") == "AWS::Serverless::Application":
            raise TransformFailed(
                f"Resource {name} is an application of the AWS Serverless Application Repository, which is not in "
                "this world."
            )


def _extended(template: Plain, parameters: dict[str, str], region: str) -> Plain:
    made = unrolled(template, parameters)
    made.pop("Transform", None)
    return made


TRANSFORMS: dict[str, Callable[[Plain, dict[str, str], str], Plain]] = {
    SERVERLESS: _serverless,
    EXTENSIONS: _extended,
}
