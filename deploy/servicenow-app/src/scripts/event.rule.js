(function executeRule(current, previous) {
    GatepostEvents.send(current, previous);
}(current, previous));
