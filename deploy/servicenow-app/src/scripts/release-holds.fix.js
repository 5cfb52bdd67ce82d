// Run before the app is uninstalled: records that Gatepost holds would stay on hold for ever.
GatepostInstallation.releaseHolds();
