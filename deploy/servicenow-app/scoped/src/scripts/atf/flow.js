(function (outputs, steps, params, stepResult, assertEqual) {
    var project = GatepostTestProject.make('Blocked');
    var said = 'the flow ran';
    var state;
    try {
        sn_fd.FlowAPI.getRunner().subflow('x_gpost_gatepost.gatepost_test_close_a_project').inForeground()
            .withInputs({ project: project }).run();
    } catch (error) {
        said = 'the flow ended with: ' + error;
    }
    state = GatepostTestProject.stateOf(project);
    GatepostTestProject.remove(project);
    stepResult.setOutputMessage(said + '; the project is in ' + state);
    assertEqual({ name: 'a flow closes nothing past a shut gate', shouldbe: false, value: state === '3' });
    return state !== '3';
}(outputs, steps, params, stepResult, assertEqual));
