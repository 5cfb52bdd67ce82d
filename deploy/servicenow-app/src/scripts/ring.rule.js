(function executeRule(current) {
    GatepostBell.ring(current);
}(current));
