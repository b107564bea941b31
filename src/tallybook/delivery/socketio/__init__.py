"""The live topics over Socket.IO, by WebSocket and by long-polling."""
