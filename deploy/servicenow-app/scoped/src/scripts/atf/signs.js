(function (outputs, steps, params, stepResult, assertEqual) {
    var found = GatepostStatus.selfTest('a secret of thirty-two letters, or more');
    stepResult.setOutputMessage('the self-test says: ' + found);
    assertEqual({ name: 'self-test of the signature', shouldbe: 'ok', value: found });
    return found === 'ok';
}(outputs, steps, params, stepResult, assertEqual));
