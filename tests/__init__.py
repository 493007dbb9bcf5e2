"""Tests over real sockets: what clients, providers and operators see of Tiercel."""
