import '@servicenow/sdk/global'

declare global {
    namespace Now {
        namespace Internal {
            interface Keys extends KeysRegistry {
                explicit: {
                    'acl-checklist-create': {
                        table: 'sys_security_acl'
                        id: '2c4c1786d3b6474aa2760a42337679ad'
                    }
                    'acl-checklist-delete': {
                        table: 'sys_security_acl'
                        id: 'da9d7a535bc44f5ba0f231102b10ed07'
                    }
                    'acl-checklist-read': {
                        table: 'sys_security_acl'
                        id: 'dfcce613a274474e9efe0413bca52e57'
                    }
                    'acl-checklist-read-writer': {
                        table: 'sys_security_acl'
                        id: 'a55f119f37804e968fa3cb74a0c7d993'
                    }
                    'acl-checklist-write': {
                        table: 'sys_security_acl'
                        id: 'b70cad217613494789afacb10d70ea77'
                    }
                    'acl-heartbeat-create': {
                        table: 'sys_security_acl'
                        id: 'abdd50ff8b854ac1825f6de1a901fd95'
                    }
                    'acl-heartbeat-delete': {
                        table: 'sys_security_acl'
                        id: '55919d4e090e4e68ae6c23bf1e196de1'
                    }
                    'acl-heartbeat-read': {
                        table: 'sys_security_acl'
                        id: 'dbca647f13314c0da44b192234f033e3'
                    }
                    'acl-heartbeat-write': {
                        table: 'sys_security_acl'
                        id: 'b3a14a6b5cd34bccada6954b1ad0029a'
                    }
                    'acl-outbox-create': {
                        table: 'sys_security_acl'
                        id: 'df4d5b805c65471c80a232bbf77614be'
                    }
                    'acl-outbox-delete': {
                        table: 'sys_security_acl'
                        id: 'a80ea408f230470a87d9831d2b123ddb'
                    }
                    'acl-outbox-read': {
                        table: 'sys_security_acl'
                        id: 'd0bfccf07f2b41a89b3e6a06641be1b9'
                    }
                    'acl-outbox-write': {
                        table: 'sys_security_acl'
                        id: '8999bf44848844839982e9a3775d629d'
                    }
                    'acl-sender-create': {
                        table: 'sys_security_acl'
                        id: 'e186ca99ad36449ba59b53a933503723'
                    }
                    'acl-sender-delete': {
                        table: 'sys_security_acl'
                        id: 'c1fc87a9c92b42018665ca768d2c744f'
                    }
                    'acl-sender-read': {
                        table: 'sys_security_acl'
                        id: 'bb9dceb13fc84c119f33983db1d87bba'
                    }
                    'acl-sender-read-secret': {
                        table: 'sys_security_acl'
                        id: 'a2803f0f65ea437eacdb4ab201350627'
                    }
                    'acl-sender-write': {
                        table: 'sys_security_acl'
                        id: 'b851cd4c1dbe46d78bfcf8335475256e'
                    }
                    'acl-sender-write-secret': {
                        table: 'sys_security_acl'
                        id: '9eb1b4fcdb8b4dff83f1a954738689b0'
                    }
                    'acl-verdict-create': {
                        table: 'sys_security_acl'
                        id: '4cbf7fa68812480c825997a53f81cac1'
                    }
                    'acl-verdict-delete': {
                        table: 'sys_security_acl'
                        id: '31b56b247c014043adea14ec427c3b3b'
                    }
                    'acl-verdict-read': {
                        table: 'sys_security_acl'
                        id: 'e19c3c2a8abc4d21a01a0f54cbc91f93'
                    }
                    'acl-verdict-read-writer': {
                        table: 'sys_security_acl'
                        id: '4a00e79bf0684ad5967aa3915c4566cd'
                    }
                    'acl-verdict-write': {
                        table: 'sys_security_acl'
                        id: '8c0c73c968a84637b2fe0eddd19c6187'
                    }
                    'atf-flow': {
                        table: 'sys_atf_test'
                        id: '4fa123d511434548b43e5a12b6e8d812'
                    }
                    'atf-flow-1': {
                        table: 'sys_atf_step'
                        id: '03ca2d0787d84680a32cbf9b51b47e65'
                    }
                    'atf-flow-close': {
                        table: 'sys_hub_flow'
                        id: '1d6d4c505c1241a3942b195b73d001de'
                    }
                    'atf-flow-close-update': {
                        table: 'sys_hub_action_instance_v2'
                        id: '6b66ebb70d5848aeac365a69cff426a1'
                    }
                    'atf-imports': {
                        table: 'sys_atf_test'
                        id: '96e3ecfe97454582859fca790bfbebf7'
                    }
                    'atf-imports-1': {
                        table: 'sys_atf_step'
                        id: 'db105880f2d04fc7a432556e7841bc0c'
                    }
                    'atf-map-bare': {
                        table: 'sys_transform_map'
                        id: '73553b1c3d6b473798df5d6a851203c2'
                    }
                    'atf-map-ruled': {
                        table: 'sys_transform_map'
                        id: '4df960f08895484d9db3c379254fe671'
                    }
                    'atf-refuses': {
                        table: 'sys_atf_test'
                        id: '2a65227731a34e498b33d0eea3e6d3f7'
                    }
                    'atf-refuses-1': {
                        table: 'sys_atf_step'
                        id: '54ee4a4d2ad74207aa9edfc634addfa0'
                    }
                    'atf-rolls-up': {
                        table: 'sys_atf_test'
                        id: '8f3506d860aa4af7a20bdcae45c6f395'
                    }
                    'atf-rolls-up-1': {
                        table: 'sys_atf_step'
                        id: 'bef9daec87de4efc983835760709262e'
                    }
                    'atf-signs': {
                        table: 'sys_atf_test'
                        id: 'b59b73ee7b0b429ca25351ad13c1970e'
                    }
                    'atf-signs-1': {
                        table: 'sys_atf_step'
                        id: '973f03aa63604fe7a441373858a25699'
                    }
                    'atf-suite': {
                        table: 'sys_atf_test_suite'
                        id: '260108a35ad140d5922fd2e236e627eb'
                    }
                    'atf-suite-1': {
                        table: 'sys_atf_test_suite_test'
                        id: '60d91fc4b8214cc7a988abdc0cc935f9'
                    }
                    'atf-suite-2': {
                        table: 'sys_atf_test_suite_test'
                        id: '6c7bca4f5a2442fbba0e8c045a05dfe8'
                    }
                    'atf-suite-3': {
                        table: 'sys_atf_test_suite_test'
                        id: '3dc952ba3ba84e008f45cc243c4e1ce2'
                    }
                    'atf-suite-4': {
                        table: 'sys_atf_test_suite_test'
                        id: '85ff6efacfcf4a41896bc1bd8293ae28'
                    }
                    'atf-suite-5': {
                        table: 'sys_atf_test_suite_test'
                        id: 'f25a863a7fff4dfca269f8bac91c2401'
                    }
                    bom_json: {
                        table: 'sys_module'
                        id: 'c6b1b86f5b784976a6135f84c507af79'
                    }
                    'fix-clean-clone': {
                        table: 'sys_script_fix'
                        id: 'bf200e95a4014ac18f9bd749912f9b75'
                    }
                    'fix-finish-installation': {
                        table: 'sys_script_fix'
                        id: 'eb3eb2415ab04f97827cf920607c4027'
                    }
                    'fix-release-holds': {
                        table: 'sys_script_fix'
                        id: '94a431ae1cf341e8b8e99f6616b2a109'
                    }
                    'include-GatepostAccess': {
                        table: 'sys_script_include'
                        id: '59da9c66ddb44244a97472cdcb56cf88'
                    }
                    'include-GatepostEventBody': {
                        table: 'sys_script_include'
                        id: '6f49f06cb14d4b95ab0a065f8edcbb37'
                    }
                    'include-GatepostEvents': {
                        table: 'sys_script_include'
                        id: 'c524f18034bf4fcdb964e7afa6ebdafc'
                    }
                    'include-GatepostInstallation': {
                        table: 'sys_script_include'
                        id: '8803c1bcc3954356a7faff226e8afd03'
                    }
                    'include-GatepostInstance': {
                        table: 'sys_script_include'
                        id: 'd1f5ad193a454ac28d673558af32f391'
                    }
                    'include-GatepostSender': {
                        table: 'sys_script_include'
                        id: '0705ad00b9cb4af1ba080dc812646b2a'
                    }
                    'include-GatepostStatus': {
                        table: 'sys_script_include'
                        id: '0827e3fe1b8d46f0968c4d424decdd3f'
                    }
                    'include-GatepostTestProject': {
                        table: 'sys_script_include'
                        id: '1050ebcb048b4fb0833103a87c15af60'
                    }
                    'job-clean': {
                        table: 'sysauto_script'
                        id: 'a671283191bf4813b8c2633ebc7ade53'
                    }
                    'job-send': {
                        table: 'sysauto_script'
                        id: '56356238087d42119056db2240b7a556'
                    }
                    menu: {
                        table: 'sys_app_application'
                        id: 'f4521f5bd6404c998173ccd1b1bb6abb'
                    }
                    'message-0': {
                        table: 'sys_ui_message'
                        id: '9f562cad67784a10ae884bdbcf9415ca'
                    }
                    'message-1': {
                        table: 'sys_ui_message'
                        id: 'bdef79a88a404807b857f5d07032aeda'
                    }
                    'message-10': {
                        table: 'sys_ui_message'
                        id: '7bdebed539d24426be7fbc099c3c1a77'
                    }
                    'message-11': {
                        table: 'sys_ui_message'
                        id: '70208be58f75417d9710cb9fb97ca770'
                    }
                    'message-12': {
                        table: 'sys_ui_message'
                        id: '5a918e2da7284b6b90504a9b539a90f0'
                    }
                    'message-13': {
                        table: 'sys_ui_message'
                        id: '43fb0811c11c41c5a3b546b339ae1298'
                    }
                    'message-14': {
                        table: 'sys_ui_message'
                        id: 'cc94b33379e44b1091f956d04eb35d05'
                    }
                    'message-2': {
                        table: 'sys_ui_message'
                        id: 'ea21a87b55114f8d94e16739f7e9a835'
                    }
                    'message-3': {
                        table: 'sys_ui_message'
                        id: '44b17cd7702b4a19bbe76fd5225c2e32'
                    }
                    'message-4': {
                        table: 'sys_ui_message'
                        id: '6c04239c43df41dbaba8efdb2ad1360d'
                    }
                    'message-5': {
                        table: 'sys_ui_message'
                        id: '436ce591b91142fe9fdadda8d51f04e8'
                    }
                    'message-6': {
                        table: 'sys_ui_message'
                        id: '1be8922dc4ae402a9d0bbc029bb16824'
                    }
                    'message-7': {
                        table: 'sys_ui_message'
                        id: '028f809a6a754e51895269db8fbda7ab'
                    }
                    'message-8': {
                        table: 'sys_ui_message'
                        id: '2503018afc404cc4be615e407eeb88ca'
                    }
                    'message-9': {
                        table: 'sys_ui_message'
                        id: '76520aaeb51c4fdc8c65894e2edd7d80'
                    }
                    'module-0': {
                        table: 'sys_app_module'
                        id: 'f0577c35951f4fa5b87f71931d8299d0'
                    }
                    'module-1': {
                        table: 'sys_app_module'
                        id: 'd5cc689607c64397bf9c96a0ddc48a99'
                    }
                    'module-2': {
                        table: 'sys_app_module'
                        id: 'ebfa545aa48641bdbe0be0c84d874567'
                    }
                    'module-3': {
                        table: 'sys_app_module'
                        id: '68e2c07853e74660a4f43a566f4d0e3f'
                    }
                    'module-4': {
                        table: 'sys_app_module'
                        id: 'de6ea124349746a2a4a3cc7921afa2c2'
                    }
                    'module-5': {
                        table: 'sys_app_module'
                        id: 'ebf899a8c940431fad279054ef38bc26'
                    }
                    package_json: {
                        table: 'sys_module'
                        id: '807fce3d110b44e9bd3d27bff2f24db3'
                    }
                    'property-category': {
                        table: 'sys_properties_category'
                        id: '858b8291a19c412fb015b6cd7de6d06f'
                    }
                    'property-endpoint': {
                        table: 'sys_properties'
                        id: 'cc0655e7aa4b4f36bcff18b009825457'
                    }
                    'property-exempt_writer': {
                        table: 'sys_properties'
                        id: '25351d83adfc4121bdc2241382932cfa'
                    }
                    'property-gate_names': {
                        table: 'sys_properties'
                        id: 'a84965fb40664e36ba395ac90a7f9bcf'
                    }
                    'property-instance': {
                        table: 'sys_properties'
                        id: 'b80afa8d4186417fa7ee1ac4f165e15e'
                    }
                    'property-mid_server': {
                        table: 'sys_properties'
                        id: 'd89c0d76eee24c1189e3a86530433db4'
                    }
                    'property-page-endpoint': {
                        table: 'sys_properties_category_m2m'
                        id: 'd6b38cbf209943cfb0568cb2e46ff4b8'
                    }
                    'property-page-exempt_writer': {
                        table: 'sys_properties_category_m2m'
                        id: '15adb271fa7b4fa7b9cbd28919d79cb7'
                    }
                    'property-page-gate_names': {
                        table: 'sys_properties_category_m2m'
                        id: '29ff191e731b4c08b52a603e63419bf5'
                    }
                    'property-page-instance': {
                        table: 'sys_properties_category_m2m'
                        id: 'dbaf782d9c3a4a71b132c915afdd4e5b'
                    }
                    'property-page-mid_server': {
                        table: 'sys_properties_category_m2m'
                        id: 'b5b0e36b45df4868b73cc358720c5a11'
                    }
                    'property-page-stale_minutes': {
                        table: 'sys_properties_category_m2m'
                        id: 'd6f406b3e53e4f019fa03a8025631d55'
                    }
                    'property-page-tables': {
                        table: 'sys_properties_category_m2m'
                        id: '942b5d9ca0884ca2acac447a16d096ae'
                    }
                    'property-page-when_stale': {
                        table: 'sys_properties_category_m2m'
                        id: 'd3159428b2644ff895ac9aaae71d53e3'
                    }
                    'property-page-when_unassessed': {
                        table: 'sys_properties_category_m2m'
                        id: 'f0c82aeb20814b5f92eee0b8f77e6557'
                    }
                    'property-stale_minutes': {
                        table: 'sys_properties'
                        id: 'fe83efed9f2c4cc783c8c27df03e40d2'
                    }
                    'property-tables': {
                        table: 'sys_properties'
                        id: 'd8b64af37e024f21abf8ef94b50a6df0'
                    }
                    'property-when_stale': {
                        table: 'sys_properties'
                        id: '4883bbc58fe74ccbb6c5119ada4ebe48'
                    }
                    'property-when_unassessed': {
                        table: 'sys_properties'
                        id: '0de5e9faa5ca4d4795809e07e268fd33'
                    }
                }
                composite: [
                    {
                        table: 'sys_security_acl_role'
                        id: '00634a985f634f7fa89b53a0bd63860c'
                        key: {
                            sys_security_acl: '31b56b247c014043adea14ec427c3b3b'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '0066a733e1f849eaa9f2c7b2814b44ad'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_since'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '01a3cd4871d045a7821b6cf534186c75'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_checked'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '02839f966d13481fab8178b5d6ad8722'
                        key: {
                            sys_security_acl: 'c1fc87a9c92b42018665ca768d2c744f'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '03b1ead504b9480893c6b7bfef522712'
                        key: {
                            sys_security_acl: 'da9d7a535bc44f5ba0f231102b10ed07'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '05880719988e4ca2b5409e408752837f'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'sys_created_on'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '061c2f38c55746ab8856434b277172a5'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_operation'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '0a9ba2f441714c539bdc0517e19d499a'
                        key: {
                            sys_security_acl: '9eb1b4fcdb8b4dff83f1a954738689b0'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '0ab178ac923d47a1a97e4adcda442d59'
                        key: {
                            document_key: '54ee4a4d2ad74207aa9edfc634addfa0'
                            variable: '989d9e235324220002c6435723dc3484'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '0b0ebe3c5c3a4c2989462e38a8e7fa81'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '0b14874f190440d0b26376f9d4c9391f'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                            element: 'u_project'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '0c43ace5125b4b4b9cf6f94e6dcfc48c'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '0ce5fb12f9154ecca330c23bdc750f92'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_why'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '0d4468f93a8246bca0f6b12f51d9cb22'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_forecast'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '0d83fa21441c4a5a9b9d8d739046a0b8'
                        key: {
                            list_id: {
                                id: '6107b8b313de48528561c76c38f37d15'
                                key: {
                                    name: 'x_gpost_gatepost_checklist'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_since'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '0f6b72e9c47e4b05a64315fc8e1fb88e'
                        key: {
                            list_id: {
                                id: 'ffae34b3269c4c3eaa8b9fea10ce0f0c'
                                key: {
                                    name: 'x_gpost_gatepost_sender'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_failed_runs'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '101a1407c64e47baae574942fc6f2a89'
                        key: {
                            list_id: {
                                id: '3dfb957e1af24948b63d8a97e355e6b3'
                                key: {
                                    name: 'x_gpost_gatepost_verdict'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_checked'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '10385f185be246d8b88e716ca3d5dcb3'
                        key: {
                            sys_security_acl: 'a80ea408f230470a87d9831d2b123ddb'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '131ca4269d23438f8ce4d1eceec0750f'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                        }
                    },
                    {
                        table: 'sys_transform_entry'
                        id: '175cec82961d43a0a75f83b70b0f2d7f'
                        key: {
                            map: '4df960f08895484d9db3c379254fe671'
                            target_field: 'state'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '183288e61ada4c47b41b82f0b1b01a67'
                        key: {
                            document_key: 'db105880f2d04fc7a432556e7841bc0c'
                            variable: '989d9e235324220002c6435723dc3484'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '19c9d18da9724b2d89f16dbef42b2095'
                        key: {
                            list_id: {
                                id: '6107b8b313de48528561c76c38f37d15'
                                key: {
                                    name: 'x_gpost_gatepost_checklist'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_who'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '19deb83b72224102b2ef78060a1851b2'
                        key: {
                            document_key: '973f03aa63604fe7a441373858a25699'
                            variable: '989d9e235324220002c6435723dc3484'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '1b450f30349142fbb8dc452850890da0'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_gate'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '1cbfb289377b496fa120207c6b11fdb4'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_stage'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '1e6e802581f7440e86d0b8ed89fa60ee'
                        key: {
                            sys_security_acl: '55919d4e090e4e68ae6c23bf1e196de1'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '1f9bd8ac5e1949999065a2a6e38c22d5'
                        key: {
                            document_key: 'bef9daec87de4efc983835760709262e'
                            variable: '989d9e235324220002c6435723dc3484'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '2440badcc9764f06ae2844523d9d28c1'
                        key: {
                            sys_security_acl: 'b3a14a6b5cd34bccada6954b1ad0029a'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '24e212dab32d4b44856fcff37984f8f5'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '258b8ba27ae541949968d8ab305df60c'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_task'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '25abacde2db44f8fb3171cbe7e64e997'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_who'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '27fb17c0820a405694c81bb16b30022b'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_implementation'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '29a7a37fe10b4aca84b183c606083e07'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_variance'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '2b166490173f4c12aff0822882b4dd38'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '2c0593c7fc7b4823bdd34f8833573cdb'
                        key: {
                            list_id: {
                                id: 'b31859d292cb46ecbed3ee81e33ad8b3'
                                key: {
                                    name: 'x_gpost_gatepost_heartbeat'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_connection'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '2c1e8bdb6d49480fb08a55f4a777a631'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_name'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '2d26c96f66364512b9bfb1c95a4eda89'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_body'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '2df18b7cbfe64e08b0ff813f1ec7a7fb'
                        key: {
                            document_key: 'db105880f2d04fc7a432556e7841bc0c'
                            variable: '42f2564b73031300440211d8faf6a777'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '2e5308ec91d14e439764cca3b9d62b0a'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_table'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '2e7145f68d004ea2bcd87af0288f1fb1'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'u_unwritten'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '2fe2ad676d714c5cbcd8796ca411fa69'
                        key: {
                            sys_security_acl: 'a55f119f37804e968fa3cb74a0c7d993'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '31811e49888e4e80b7557f827005e000'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_next_attempt'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '348cefa3267640bdb473968158b67012'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_actual'
                        }
                    },
                    {
                        table: 'sys_transform_entry'
                        id: '3583cedf0f274284b57bdc8e3a9160ca'
                        key: {
                            map: '73553b1c3d6b473798df5d6a851203c2'
                            target_field: 'state'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '38df7ac4c1fc4cd98e6efedbb82a6939'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_failed_runs'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '38e23bbc460d4bc2aa0e454ccb358777'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_code'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '3946b9bcf0924d5ebddc5b1652f5cf4d'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'u_connection'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '3ae1b0833d904276a710f4ceb2a12aee'
                        key: {
                            sys_security_acl: 'dbca647f13314c0da44b192234f033e3'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_user_role'
                        id: '3b858856f6304466a2ead0ac3f157ccb'
                        key: {
                            name: 'x_gpost_gatepost.reader'
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: '3dfb957e1af24948b63d8a97e355e6b3'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            view: {
                                id: 'Default view'
                                key: {
                                    name: 'NULL'
                                }
                            }
                            sys_domain: 'global'
                            element: 'NULL'
                            relationship: 'NULL'
                            parent: 'NULL'
                        }
                    },
                    {
                        table: 'sys_user_role'
                        id: '40fd021d5e984447b852b43c6e188e92'
                        key: {
                            name: 'x_gpost_gatepost.admin'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '4202980941ad4f028bfb9f039ec6266f'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_state'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '43175be5ce474bdc8875b99ca8389f4c'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_gate'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '48310d5ac6b249beaffc36f86e4243a5'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_plan'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '493b099dee93441b99aac322fd4b07f5'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_task'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '4961628f857f4b5297e11fa9a8408381'
                        key: {
                            sys_security_acl: 'df4d5b805c65471c80a232bbf77614be'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '4ba1b197850e4e058ce68f4be4a9c766'
                        key: {
                            sys_security_acl: '4a00e79bf0684ad5967aa3915c4566cd'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '4cc92cdece78498e9e7738a4979bb9e3'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_order'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '4d47102843a54e958cbbf40fae63a38f'
                        key: {
                            sys_security_acl: '4cbf7fa68812480c825997a53f81cac1'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '4f9df5914d2a49f0b1ba879688a42ce6'
                        key: {
                            sys_security_acl: 'b851cd4c1dbe46d78bfcf8335475256e'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '5077e47ed43348fc944f4c72af80d540'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_order'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '517bb0bc49dc447184b6c65850a6f9ec'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_stage'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5471257bfd9b44e8a8c46e3fc729133c'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                            element: 'u_new_state'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '557500d4b47442689a6c0d5ec79973b1'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_sentence'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '562429f3af3942b5b37daa7b0e4084f4'
                        key: {
                            sys_security_acl: 'abdd50ff8b854ac1825f6de1a901fd95'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '591855de1e1d40edb26d3778a0889539'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_sentence'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '5af0bfd500344282bf740a9df6bb939a'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '5b4f9d6a232449b0b0fc5d21d27195bf'
                        key: {
                            list_id: {
                                id: 'ffae34b3269c4c3eaa8b9fea10ce0f0c'
                                key: {
                                    name: 'x_gpost_gatepost_sender'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_self_test'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5b743b118a534cc9b3d10664082f8229'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_variance'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5c7b2607d4514f6aa00c06ab0827b2e9'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_self_tested_at'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5d0728ac91504684a1c2e5fda02fbcbb'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_plan'
                        }
                    },
                    {
                        table: 'sys_user_role'
                        id: '5d46c87c76a4434f961038a8345032ac'
                        key: {
                            name: 'x_gpost_gatepost.writer'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '5e8c49d56b46447e9e21fbc0775857b2'
                        key: {
                            list_id: {
                                id: 'b31859d292cb46ecbed3ee81e33ad8b3'
                                key: {
                                    name: 'x_gpost_gatepost_heartbeat'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_unwritten'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '603e855beecf464c8a4e18acef513054'
                        key: {
                            sys_security_acl: '2c4c1786d3b6474aa2760a42337679ad'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: '6107b8b313de48528561c76c38f37d15'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            view: {
                                id: 'Default view'
                                key: {
                                    name: 'NULL'
                                }
                            }
                            sys_domain: 'global'
                            element: 'NULL'
                            relationship: 'NULL'
                            parent: 'NULL'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '63061eb877d0432390b80f0411ccc5f8'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_task'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '6388868fbc3947da818c2130e3514641'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '64ee1970d9524d66aecde1e1b3611c3a'
                        key: {
                            list_id: {
                                id: 'b31859d292cb46ecbed3ee81e33ad8b3'
                                key: {
                                    name: 'x_gpost_gatepost_heartbeat'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_heartbeat_at'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '653867cc89a14728a158f3a4a3b00525'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_blockers'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '655715b29c074c3f9749db97b8673af8'
                        key: {
                            document_key: '973f03aa63604fe7a441373858a25699'
                            variable: '42f2564b73031300440211d8faf6a777'
                        }
                    },
                    {
                        table: 'sys_transform_entry'
                        id: '66debaa348da4eee8a8dc6c5875c279a'
                        key: {
                            map: '4df960f08895484d9db3c379254fe671'
                            target_field: 'sys_id'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '66f171f171b64eb0ba66a1a19c1e1af6'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                        }
                    },
                    {
                        table: 'sys_index'
                        id: '699289bee4c2459ea2bce06596fd0892'
                        key: {
                            logical_table_name: 'x_gpost_gatepost_outbox'
                            col_name_string: 'u_state,u_next_attempt,u_order'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '6c5006ae948b4fbaaca5c4cd3dbb7bd4'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_why'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '6d579870c11b4d7792b670126e4d905d'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_since'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '6d5b1cfeedd34748a40dac8e28385f4d'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '6e334d4d490841c78b49e1fbb48b4940'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_response'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '6f41a043ff844f169ef2686183fac63a'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                            element: 'u_new_state'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '70b62ccbdd3f4c768a7c2da5041e1dbf'
                        key: {
                            list_id: {
                                id: 'ffae34b3269c4c3eaa8b9fea10ce0f0c'
                                key: {
                                    name: 'x_gpost_gatepost_sender'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_resume_at'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '70c7692efe704ba4a99f6bbbfe1f05ac'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '7184b5b9781a4f5b99424c3994b508f1'
                        key: {
                            sys_security_acl: 'bb9dceb13fc84c119f33983db1d87bba'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '71f510fea4b341418ab3ec3258bc24d8'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_link'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '72c11d16361a4dd684081392d50fbde4'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_self_tested_at'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '72d0c64397414eaa883e1b972779fc84'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_secret'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '75739a7211ed483e8cdaee261320616f'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_implementation'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '76aae93748d8479bae4d4a24577d53ec'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: '76c660d42f984d709fd0625ade9b6416'
                        key: {
                            document_key: '03ca2d0787d84680a32cbf9b51b47e65'
                            variable: '42f2564b73031300440211d8faf6a777'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '7729a84b4627482f9349fa0e106485dc'
                        key: {
                            list_id: {
                                id: '6107b8b313de48528561c76c38f37d15'
                                key: {
                                    name: 'x_gpost_gatepost_checklist'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_sentence'
                        }
                    },
                    {
                        table: 'sys_hub_flow_input'
                        id: '7831e0cbc3f946a1927461de509ef728'
                        key: {
                            model: '1d6d4c505c1241a3942b195b73d001de'
                            element: 'project'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '79ffadf3c1ab4cc995daf22439d87c10'
                        key: {
                            sys_security_acl: 'b70cad217613494789afacb10d70ea77'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '7eb31ccfba1f4884a4d18153445879a7'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_next_attempt'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '813fdb6066f54d839c3040a4b0aa7119'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_state'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '814e2bca155a45c59f0e885417b8d24e'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '81c21240897449e5a7234347e1784883'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_self_test'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8288c40948c7447fa62b5541181a2a57'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_operation'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '839ad50aa49d440dafa21cddc147021d'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'u_heartbeat_at'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '83dff4031ac14d89beecb175d4c2c8b3'
                        key: {
                            list_id: {
                                id: 'ffae34b3269c4c3eaa8b9fea10ce0f0c'
                                key: {
                                    name: 'x_gpost_gatepost_sender'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_self_tested_at'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '87df92127eeb421a87eea72315c765f4'
                        key: {
                            sys_security_acl: 'bb9dceb13fc84c119f33983db1d87bba'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8905730fc31f421b8176ed5b7d06dd08'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_body'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '891b8c806ed94b19aba575424d41826e'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                            element: 'u_project'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '8b8361de1eaa446280eafa9f868eac0d'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_event'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8b919f9cebb8416ea70bb08f4dc40ed0'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8b98ea175d774e5080c269080dca78d9'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_self_test'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8d423948ab01406c9e3734d2ad4a9ed8'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_checked'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '922b38e063af48bfbf76b23bc37ea5c4'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '94cc922e8378401bad8070db474b03a4'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '95b2986ec40f477e96a279d02e138c98'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '96fd8eb28153447b8f9d003795d8b7c8'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_resume_at'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '993c591fa77f46caa80b90f46cf9ca28'
                        key: {
                            list_id: {
                                id: '3dfb957e1af24948b63d8a97e355e6b3'
                                key: {
                                    name: 'x_gpost_gatepost_verdict'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_stage'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '9965559661b0498c95156c6d75dac9ea'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '9b059541ab9444d4a940dd4543240b66'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_result'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: 'a1c683d0138b43848debc12d91f13808'
                        key: {
                            document_key: '54ee4a4d2ad74207aa9edfc634addfa0'
                            variable: '42f2564b73031300440211d8faf6a777'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'a35ef5f7426c4a1daca215ab65be582d'
                        key: {
                            sys_security_acl: 'dbca647f13314c0da44b192234f033e3'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'a3eba93e6546499cabb8e2a4647f129b'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_response'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'a435f0d3b4ae41dd8636adc41b07614c'
                        key: {
                            sys_security_acl: 'a2803f0f65ea437eacdb4ab201350627'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'a54deda5c0e64d60b399d61feb253288'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_operation'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'a5bd10337ff142b0aa7c3bb619ef928f'
                        key: {
                            list_id: {
                                id: '6107b8b313de48528561c76c38f37d15'
                                key: {
                                    name: 'x_gpost_gatepost_checklist'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_result'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'a9e8ed2b494c407e859e25a24996fc66'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_potential'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'aa4acd140652441782cb7ab96a8269a0'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_failed_runs'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'ac9e7e35c76e47afaeee3021b92640c0'
                        key: {
                            list_id: {
                                id: '3dfb957e1af24948b63d8a97e355e6b3'
                                key: {
                                    name: 'x_gpost_gatepost_verdict'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_blockers'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'ad21ef5765b4457faf1ea47bbb4ab929'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_table'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'ad78b1b5a7c84fd9aca0821e5dd9c2f9'
                        key: {
                            list_id: {
                                id: '3dfb957e1af24948b63d8a97e355e6b3'
                                key: {
                                    name: 'x_gpost_gatepost_verdict'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_task'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'af2da089565b4a328f4c2e113ba45ce1'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                            element: 'u_new_state'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'af7d2327d2a24026ab327214f1a2681a'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'u_connection'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'b0afb6f150604167a879f0d937c76232'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_who'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'b16543fd1e5f48b39eb04dabdc4f7496'
                        key: {
                            sys_security_acl: 'd0bfccf07f2b41a89b3e6a06641be1b9'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: 'b31859d292cb46ecbed3ee81e33ad8b3'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            view: {
                                id: 'Default view'
                                key: {
                                    name: 'NULL'
                                }
                            }
                            sys_domain: 'global'
                            element: 'NULL'
                            relationship: 'NULL'
                            parent: 'NULL'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: 'b4fa44bbb882424389989f37a54315d5'
                        key: {
                            document_key: 'bef9daec87de4efc983835760709262e'
                            variable: '42f2564b73031300440211d8faf6a777'
                        }
                    },
                    {
                        table: 'sys_transform_entry'
                        id: 'b8741f4cebbd4ba09dd78afd10af7cef'
                        key: {
                            map: '73553b1c3d6b473798df5d6a851203c2'
                            target_field: 'sys_id'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: 'b8e22b501a0d46c88eb349bc67831063'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'bc93e6a8272a45d78d76d49e0ed939af'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'u_heartbeat_at'
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            view: {
                                id: 'Default view'
                                key: {
                                    name: 'NULL'
                                }
                            }
                            sys_domain: 'global'
                            element: 'NULL'
                            relationship: 'NULL'
                            parent: 'NULL'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'c11d1db43c4141a9af8cdb2c8c9bb8b9'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                            element: 'u_project'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'c41008de6c6843079e82cbd9d7b71095'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_event'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'c48e3d36cd1c4224a4e081a0097f6a5a'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_record'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'c55299f805be4a15bc1a53f354ed6e1d'
                        key: {
                            list_id: {
                                id: '3dfb957e1af24948b63d8a97e355e6b3'
                                key: {
                                    name: 'x_gpost_gatepost_verdict'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_gate'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'c679d45d36064de8b764c266a66b7fdb'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_table'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'c87997a858614c28989392af3e5391f2'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_actual'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'cacaf9009ca74ed9a39e26429b8b3e27'
                        key: {
                            sys_security_acl: 'e186ca99ad36449ba59b53a933503723'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'cc2e8a0fb59a4caf94cf81a5918c81c0'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_event'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: 'cd52ba0457584428b87bf075b711539a'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'cd8ef2ee7a4d4a18bbd0ddbcb568a273'
                        key: {
                            sys_security_acl: '8999bf44848844839982e9a3775d629d'
                            sys_user_role: {
                                id: '40fd021d5e984447b852b43c6e188e92'
                                key: {
                                    name: 'x_gpost_gatepost.admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: 'd04ab663ed1d445bbbe15de3cb77d53c'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'd0b7ef48bb4449e7a00f8a6b16995fc6'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_link'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd30824aff1304362a6930a446c5382a3'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'd32ee49be5ca4111b7154a1efb948198'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_attempts'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd33caa71e3de496daf5ab76efca54cb5'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_findings'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd391df5f827549f788e3d11b571edb06'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_attempts'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd6028955d0504599b8e0fb7c99c9596e'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_resume_at'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd64843544da641debd188b20944182f6'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_response'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd8a83819de2f4239a5d644e60d8d1cc5'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_stage'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd8a8a00d134b4b929c5cd3fa611b2a93'
                        key: {
                            name: 'var__m_sys_hub_flow_input_1d6d4c505c1241a3942b195b73d001de'
                            element: 'project'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'd9bf6bf4e1ec45f3b14582cf93a32ffd'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                            element: 'u_project'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'dafddcc453ef4700a9849d277c605051'
                        key: {
                            sys_security_acl: '8c0c73c968a84637b2fe0eddd19c6187'
                            sys_user_role: {
                                id: '5d46c87c76a4434f961038a8345032ac'
                                key: {
                                    name: 'x_gpost_gatepost.writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'db82e139eb914648bca61e6aeebd2d09'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_attempts'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'ddcda659c68b49119d9c59e5f978d576'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_order'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'df9280cf16de4120a009c20de163d525'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_task'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'e0c8818fbfc24c4e8996493b7121d994'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                            element: 'u_unwritten'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: 'e0f901bdd9104553998b4f453f744060'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'e36ea6ef64d942d98b61b8b692c52a3d'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_code'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'e3a1efc7682b4caf8fee4be86eb0b06a'
                        key: {
                            list_id: {
                                id: 'bef7ffa50a3241a08b6f5e5a16c2c317'
                                key: {
                                    name: 'x_gpost_gatepost_outbox'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_state'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'e41790a56b3b4d3e8785c157e5ac049b'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_result'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'e427e495291043b58c7bd3ef97d5b36d'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'e4431fc80a99476fb645710bfa25553d'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_blockers'
                            language: 'en'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: 'e4a0844bc3a44110896e82fcf845c588'
                        key: {
                            name: 'x_gpost_gatepost_import_ruled'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'e4d8f3472d86433fa3b78109ea25233e'
                        key: {
                            list_id: {
                                id: '6107b8b313de48528561c76c38f37d15'
                                key: {
                                    name: 'x_gpost_gatepost_checklist'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_code'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: 'e770f0eba38e4fb1842dcafdd0b5659d'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'e79c413a7bd843c085d0f4118250aa71'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                            element: 'u_new_state'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: 'e99fcab498dd4bc79d144f43d199a9bd'
                        key: {
                            name: 'x_gpost_gatepost_heartbeat'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'eb8203247531475a991ce6873193d6ba'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_next_attempt'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'ec24e492a1ad4c119754c8117a4e7169'
                        key: {
                            name: 'x_gpost_gatepost_outbox'
                            element: 'u_record'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'ed5bb61ca0c9460d9e92809f3da82bd8'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_potential'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'eda7e50ad9be4cefac184fab9ecbafa1'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'ee0022c6df1e4b2f80c726150d019b49'
                        key: {
                            list_id: {
                                id: 'ffae34b3269c4c3eaa8b9fea10ce0f0c'
                                key: {
                                    name: 'x_gpost_gatepost_sender'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_name'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'ee865e44a1c9427f94b7e17168bf96d9'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_order'
                        }
                    },
                    {
                        table: 'sys_variable_value'
                        id: 'f4b5906a6d844703a9b37c4934e9c1bf'
                        key: {
                            document_key: '03ca2d0787d84680a32cbf9b51b47e65'
                            variable: '989d9e235324220002c6435723dc3484'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'f59b334dc5724917bab43e2835203a9f'
                        key: {
                            list_id: {
                                id: '6107b8b313de48528561c76c38f37d15'
                                key: {
                                    name: 'x_gpost_gatepost_checklist'
                                    view: {
                                        id: 'Default view'
                                        key: {
                                            name: 'NULL'
                                        }
                                    }
                                    sys_domain: 'global'
                                    element: 'NULL'
                                    relationship: 'NULL'
                                    parent: 'NULL'
                                }
                            }
                            element: 'u_stage'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'f6277fbd174a431e9a5132548c5678a3'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_findings'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'f665f34999944e75af72e31905d41783'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_secret'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'f916e3b4fd854c329397e0b53fc5b5eb'
                        key: {
                            name: 'x_gpost_gatepost_checklist'
                            element: 'u_stage'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'fc10b20c080b446ba1533da3da93bfad'
                        key: {
                            name: 'x_gpost_gatepost_import_bare'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'fdfcc881d5264fb199f58cc32b7ba82a'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            element: 'u_name'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'fe28f443e2354bef8c24faaa3998ab85'
                        key: {
                            name: 'x_gpost_gatepost_verdict'
                            element: 'u_forecast'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: 'ffae34b3269c4c3eaa8b9fea10ce0f0c'
                        key: {
                            name: 'x_gpost_gatepost_sender'
                            view: {
                                id: 'Default view'
                                key: {
                                    name: 'NULL'
                                }
                            }
                            sys_domain: 'global'
                            element: 'NULL'
                            relationship: 'NULL'
                            parent: 'NULL'
                        }
                    },
                ]
            }
        }
    }
}
