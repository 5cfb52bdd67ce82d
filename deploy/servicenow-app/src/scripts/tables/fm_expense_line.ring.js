(function executeRule(current, previous) {
    GatepostBell.ringOwner(current, previous, 'task');
}(current, previous));
