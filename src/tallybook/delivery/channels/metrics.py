"""How the sockets are doing, as metrics."""

from collections.abc import Sequence

from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.telemetry.metrics import Metric, Number


def socket_metrics(endpoint: Endpoint) -> Sequence[Metric]:
    """What can be read off an endpoint."""
    hub = endpoint.hub
    return (
        Number(
            "gauge",
            "tallybook_sockets_open",
            "Sockets there are, those being opened or closed included.",
            lambda: endpoint.sockets,
        ),
        Number(
            "gauge",
            "tallybook_channels_joined",
            "Channels that sockets have joined or are joining.",
            lambda: hub.subscriptions,
        ),
        Number("gauge", "tallybook_topics_followed", "Topics that anybody has joined.", lambda: hub.topics),
        Number(
            "counter",
            "tallybook_socket_messages_received_total",
            "Messages from clients.",
            lambda: endpoint.received,
        ),
        Number(
            "counter",
            "tallybook_socket_messages_sent_total",
            "Messages to clients, each counted once for every socket.",
            lambda: hub.outboxes.sent,
        ),
        Number(
            "counter",
            "tallybook_socket_closes_total",
            "Sockets that the server closed, by the code of the close frame: 1013 for readers too slow for "
            "what they are sent, 1012 at a restart, 1011 for a fault of the server's, 1003 and 1007 for "
            "messages that break the protocol, 1001 for idle ones and for who was signed out.",
            lambda: {(str(code),): count for code, count in endpoint.closed.items()},
            labels=("code",),
        ),
    )
