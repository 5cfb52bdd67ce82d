(function executeRule(current, previous) {
    GatepostGuard.check(current, previous, 'change_request');
}(current, previous));
