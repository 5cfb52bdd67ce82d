(function executeRule(current, previous) {
    GatepostBell.ringOwner(current, previous, 'sysapproval');
}(current, previous));
