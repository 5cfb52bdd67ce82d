"""How Gatepost itself is doing: figures for operators, sizes, retention, renewal of encrypted secrets."""
