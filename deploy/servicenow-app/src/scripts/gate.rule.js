(function executeRule(current, previous) {
    GatepostGuard.check(current, previous, '{table}');
}(current, previous));
