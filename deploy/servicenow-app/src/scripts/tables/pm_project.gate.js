(function executeRule(current, previous) {
    GatepostGuard.check(current, previous, 'pm_project');
}(current, previous));
