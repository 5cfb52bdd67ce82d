(function executeRule() {
    GatepostSender.send();
}());
