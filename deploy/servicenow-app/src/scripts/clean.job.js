GatepostSender.clean();
