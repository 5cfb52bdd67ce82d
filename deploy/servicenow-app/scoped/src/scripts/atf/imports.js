(function (outputs, steps, params, stepResult, assertEqual) {
    var project = GatepostTestProject.make('Blocked');
    var ruled = GatepostTestProject.importState('x_gpost_gatepost_import_ruled', project, '3');
    var bare = GatepostTestProject.importState('x_gpost_gatepost_import_bare', project, '3');
    GatepostTestProject.remove(project);
    stepResult.setOutputMessage('with business rules the project is in ' + ruled + ', without in ' + bare
        + (bare === '3' ? ': an import without rules passes the gate, and the sweep of Gatepost reports it' : ''));
    assertEqual({ name: 'an import with business rules is refused', shouldbe: false, value: ruled === '3' });
    return ruled !== '3';
}(outputs, steps, params, stepResult, assertEqual));
