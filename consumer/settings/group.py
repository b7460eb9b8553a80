"""What all groups of settings share: closed, frozen, and every default checked too."""

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """Settings that belong together. Unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True
    )
