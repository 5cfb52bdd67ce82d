(function (outputs, steps, params, stepResult, assertEqual) {
    var project = GatepostTestProject.make('Blocked');
    var state;
    GatepostTestProject.closeOnlyChild(project);
    state = GatepostTestProject.stateOf(project);
    GatepostTestProject.remove(project);
    stepResult.setOutputMessage(state === '3'
        ? 'the roll-up closed the project past its gate: on this release only the sweep of Gatepost sees it'
        : 'the roll-up left the project in ' + state);
    assertEqual({ name: 'the roll-up closes nothing past a shut gate', shouldbe: false, value: state === '3' });
    return state !== '3';
}(outputs, steps, params, stepResult, assertEqual));
