"""The dashboard of team leads: how customers feel now, who waits, and what they write about."""

from consumer.telemetry.dashboards.parts import Dashboard, Panel, Query, Row, Variable

_TALK = 'language=~"$language", channel=~"$channel"'
_ACTIVE = f"chat_router_active_conversations{{S, {_TALK}}}"
_NEGATIVE = f'chat_router_active_conversations{{S, mood="negative", {_TALK}}}'
_COMPLAINTS = f'chat_router_customer_turns_total{{S, category="complaint", {_TALK}}}'
_HOURLY = "[1h]"


def _share_negative(by: str) -> str:
    group = f" by ({by})" if by else ""
    return f"sum{group} ({_NEGATIVE}) / (sum{group} ({_ACTIVE}) > 0)"


_NOW = Row(
    "Now",
    (
        Panel(
            "Active conversations",
            "With a customer turn in the last 15 minutes, by their mood.",
            "short",
            (Query(f"sum by (mood) ({_ACTIVE})", "{{mood}}"),),
            "bargauge",
        ),
        Panel(
            "In a bad mood",
            "Share of the active conversations whose mood is below -0.3.",
            "percentunit",
            (Query(_share_negative("")),),
            "stat",
        ),
        Panel(
            "Escalations nobody has seen",
            "Open and not acknowledged, over all languages and channels.",
            "short",
            (Query('sum(chat_router_open_escalations{S, state="open"})'),),
            "stat",
        ),
        Panel(
            "Past their due time",
            "Of these, the ones that somebody should have seen by now.",
            "short",
            (Query("sum(chat_router_overdue_escalations{S})"),),
            "stat",
        ),
    ),
)
_MOOD = Row(
    "Mood",
    (
        Panel(
            "Active conversations by mood",
            "A conversation's mood is the weighted sentiment of its customer turns.",
            "short",
            (Query(f"sum by (mood) ({_ACTIVE})", "{{mood}}"),),
            stacked=True,
        ),
        Panel(
            "In a bad mood, by language",
            "Share of the active conversations.",
            "percentunit",
            (Query(_share_negative("language"), "{{language}}"),),
        ),
        Panel(
            "In a bad mood, by channel",
            "Share of the active conversations.",
            "percentunit",
            (Query(_share_negative("channel"), "{{channel}}"),),
        ),
    ),
)
_ESCALATIONS = Row(
    "Escalations (all languages and channels)",
    (
        Panel(
            "Open, by kind",
            "Until they are resolved.",
            "short",
            (Query("sum by (kind) (chat_router_open_escalations{S})", "{{kind}}"),),
            stacked=True,
        ),
        Panel(
            "Open, by state",
            "acknowledged: somebody has seen it.",
            "short",
            (Query("sum by (state) (chat_router_open_escalations{S})", "{{state}}"),),
            stacked=True,
        ),
        Panel(
            "Opened in an hour",
            "By kind.",
            "short",
            (
                Query(
                    'sum by (kind) (increase(chat_router_escalations_total{S, change="opened"}'
                    f"{_HOURLY}))",
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            "Resolved in an hour",
            "By kind.",
            "short",
            (
                Query(
                    'sum by (kind) (increase(chat_router_escalations_total{S, change="resolved"}'
                    f"{_HOURLY}))",
                    "{{kind}}",
                ),
            ),
        ),
    ),
)
_SUBJECTS = Row(
    "What customers write about",
    (
        Panel(
            "Subjects in an hour",
            "Customer turns by intent.",
            "short",
            (
                Query(
                    f"sum by (intent) (increase(chat_router_intents_total{{S, {_TALK}}}{_HOURLY}))",
                    "{{intent}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Complaints in an hour, by language",
            "Customer turns that complain.",
            "short",
            (Query(f"sum by (language) (increase({_COMPLAINTS}{_HOURLY}))", "{{language}}"),),
        ),
        Panel(
            "Complaints in an hour, by channel",
            "Customer turns that complain.",
            "short",
            (Query(f"sum by (channel) (increase({_COMPLAINTS}{_HOURLY}))", "{{channel}}"),),
        ),
        Panel(
            "Share of complaints",
            "Of the customer turns of an hour.",
            "percentunit",
            (
                Query(
                    f"sum(increase({_COMPLAINTS}{_HOURLY}))"
                    f" / sum(increase(chat_router_customer_turns_total{{S, {_TALK}}}{_HOURLY}))",
                    "complaints",
                ),
            ),
        ),
    ),
)
_DECISIONS = Row(
    "What the router does with them",
    (
        Panel(
            "Actions in an hour",
            "answer: by a machine; offer_human: the customer chooses; escalate: at once.",
            "short",
            (
                Query(
                    f"sum by (action) (increase(chat_router_decisions_total{{S}}{_HOURLY}))",
                    "{{action}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Overridden in an hour",
            "Decisions that a person changed, by the intent the router had seen.",
            "short",
            (
                Query(
                    f"sum by (intent) (increase(chat_router_overrides_total{{S}}{_HOURLY}))",
                    "{{intent}}",
                ),
            ),
        ),
        Panel(
            "Rules that people overrule",
            "Share of a rule's decisions that a person changed, last six hours.",
            "percentunit",
            (
                Query(
                    "topk(10, sum by (rule) (increase(chat_router_rule_overrides_total{S}[6h]))"
                    " / (sum by (rule) (increase(chat_router_rule_decisions_total{S}[6h])) > 0))",
                    "{{rule}}",
                ),
            ),
        ),
        Panel(
            "What people said in an hour",
            "Overrides, acknowledgements, judgements, conversations closed.",
            "short",
            (
                Query(
                    f"sum by (event) (increase(chat_router_feedback_total{{S}}{_HOURLY}))",
                    "{{event}}",
                ),
            ),
        ),
        Panel(
            "Escalations judged in a day",
            "By kind: whether somebody should have been alerted.",
            "short",
            (
                Query(
                    "sum by (kind, verdict)"
                    " (increase(chat_router_escalations_judged_total{S}[1d]))",
                    "{{kind}} {{verdict}}",
                ),
            ),
        ),
    ),
)

SUPERVISORS = Dashboard(
    uid="chat-router-supervisors",
    title="Chat Router: the floor",
    about="Live mood, open escalations, subjects and complaints, by language and channel.",
    variables=(
        Variable("namespace", "chat_router_build_info"),
        Variable("job", "chat_router_build_info"),
        Variable("language", "chat_router_customer_turns_total"),
        Variable("channel", "chat_router_customer_turns_total"),
    ),
    selected=("namespace", "job"),
    rows=(_NOW, _MOOD, _ESCALATIONS, _SUBJECTS, _DECISIONS),
)
