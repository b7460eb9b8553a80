"""The error that a user of `chat-models` can act on."""


class SettingError(Exception):
    """A setting that cannot be used: names it, the value found and the rule."""

    def __init__(self, setting: str, value: object, rule: str) -> None:
        super().__init__(f"{setting}: {value}: {rule}")
        self.setting, self.value, self.rule = setting, value, rule
