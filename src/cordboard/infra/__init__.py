"""Adapters to the machine and the network, without business meaning."""
