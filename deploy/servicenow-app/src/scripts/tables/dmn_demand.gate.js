(function executeRule(current, previous) {
    GatepostGuard.check(current, previous, 'dmn_demand');
}(current, previous));
