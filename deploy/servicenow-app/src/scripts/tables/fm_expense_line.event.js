(function executeRule(current, previous) {
    GatepostEvents.sendRelated(current, previous, 'task');
}(current, previous));
