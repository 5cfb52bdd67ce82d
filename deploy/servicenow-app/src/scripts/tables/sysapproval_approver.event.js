(function executeRule(current, previous) {
    GatepostEvents.sendRelated(current, previous, 'sysapproval');
}(current, previous));
