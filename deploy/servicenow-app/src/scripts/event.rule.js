(function executeRule(current) {
    GatepostEvents.send(current);
}(current));
