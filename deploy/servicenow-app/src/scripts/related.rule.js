(function executeRule(current, previous) {
    GatepostEvents.sendRelated(current, previous, '{column}');
}(current, previous));
