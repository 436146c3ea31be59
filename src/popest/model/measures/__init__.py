# ruff: isort: skip_file
"""The measures, one class in one file each; importing this registers them in their order."""

from popest.model.measures.stock import Stock
from popest.model.measures.presence import Presence
from popest.model.measures.arrivals import Arrivals
from popest.model.measures.departures import Departures
from popest.model.measures.net_change import NetChange
from popest.model.measures.shares import Shares
from popest.model.measures.floor import Floor

__all__ = ["Arrivals", "Departures", "Floor", "NetChange", "Presence", "Shares", "Stock"]
