(function (outputs, steps, params, stepResult, assertEqual) {
    var project = GatepostTestProject.make('Blocked');
    var refused = GatepostTestProject.move(project, '3');
    var ended;
    var passed;
    GatepostTestProject.setGate(project, 'Open');
    passed = GatepostTestProject.move(project, '3');
    GatepostTestProject.remove(project);
    project = GatepostTestProject.make('Blocked');
    ended = GatepostTestProject.move(project, '4');
    GatepostTestProject.remove(project);
    stepResult.setOutputMessage('after a shut gate ' + refused + ', an open one ' + passed + ', ended ' + ended);
    assertEqual({ name: 'a shut gate refuses Closed Complete', shouldbe: false, value: refused === '3' });
    assertEqual({ name: 'an open gate lets it pass', shouldbe: '3', value: passed });
    assertEqual({ name: 'Closed Incomplete is free', shouldbe: '4', value: ended });
    return refused !== '3' && passed === '3' && ended === '4';
}(outputs, steps, params, stepResult, assertEqual));
