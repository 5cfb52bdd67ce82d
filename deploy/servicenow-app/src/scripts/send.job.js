GatepostSender.send();
