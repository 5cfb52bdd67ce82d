import '@servicenow/sdk/global'

declare global {
    namespace Now {
        namespace Internal {
            interface Keys extends KeysRegistry {
                explicit: {
                    'benefit_plan-event': {
                        table: 'sys_script'
                        id: 'e5616542d00e46e59caffdddd1baff94'
                    }
                    bom_json: {
                        table: 'sys_module'
                        id: '4db5b30d4ba64d7bb53bcef15f904b6d'
                    }
                    'change_request-checklist': {
                        table: 'sys_ui_related_list_entry'
                        id: 'faeb2601da5d4c859cd4d6eb3a1bf570'
                    }
                    'change_request-event': {
                        table: 'sys_script'
                        id: 'e1fbc121199d4811ae4eddd5deeeaeb6'
                    }
                    'change_request-gate': {
                        table: 'sys_script'
                        id: 'bdbd13632ef24a74a4dd57b04f28bf1a'
                    }
                    'change_request-gate-late': {
                        table: 'sys_script'
                        id: '46bb8d479d5d4297a25f7ea3ca6f179d'
                    }
                    'change_request-related': {
                        table: 'sys_ui_related_list'
                        id: '35d944cac4e5431ab488e436dc4e28c1'
                    }
                    'change_request-u_gatepost_actual-write': {
                        table: 'sys_security_acl'
                        id: '405f4adaf7c9481eae0431736f9b9c52'
                    }
                    'change_request-u_gatepost_blockers-write': {
                        table: 'sys_security_acl'
                        id: 'b428a845167143e4b1d9ea6aadbe349f'
                    }
                    'change_request-u_gatepost_checked-write': {
                        table: 'sys_security_acl'
                        id: 'c087213b94fe44a9a3de8d813933f3c2'
                    }
                    'change_request-u_gatepost_findings-write': {
                        table: 'sys_security_acl'
                        id: 'cc8f64dcdebe44e993a3198ea7aa5419'
                    }
                    'change_request-u_gatepost_forecast-write': {
                        table: 'sys_security_acl'
                        id: '5fd4da3ceedc42b88bf825534c2cda46'
                    }
                    'change_request-u_gatepost_gate-write': {
                        table: 'sys_security_acl'
                        id: 'b8cd2f1da7e043e1950b887c8aab4473'
                    }
                    'change_request-u_gatepost_implementation-write': {
                        table: 'sys_security_acl'
                        id: '9c1ec75caddd40c8aee0bae221de1eb3'
                    }
                    'change_request-u_gatepost_link-write': {
                        table: 'sys_security_acl'
                        id: 'abcc569f7fb448628d1ed5e37e6447e6'
                    }
                    'change_request-u_gatepost_plan-write': {
                        table: 'sys_security_acl'
                        id: 'e4280ea541de4787b0f4b94a6d17f598'
                    }
                    'change_request-u_gatepost_potential-write': {
                        table: 'sys_security_acl'
                        id: 'fece322cd41c43b4881673fff5eb316d'
                    }
                    'change_request-u_gatepost_stage-write': {
                        table: 'sys_security_acl'
                        id: 'fbb29b3f73de422c830b547cb639a5f7'
                    }
                    'change_request-u_gatepost_variance-write': {
                        table: 'sys_security_acl'
                        id: '9e75cd603e09457c9e38735cf59aba4c'
                    }
                    'change_request-u_gatepost_why-write': {
                        table: 'sys_security_acl'
                        id: '0dee4400a5254b8e867e9adacf2a270c'
                    }
                    'checklist-create': {
                        table: 'sys_security_acl'
                        id: '273f7ddd32ba4ebbb4b607f5448b2fc4'
                    }
                    'checklist-delete': {
                        table: 'sys_security_acl'
                        id: 'bc9c50518e774002b452029cfc451a4f'
                    }
                    'checklist-read': {
                        table: 'sys_security_acl'
                        id: '9074bf8f095440e29f1974e931523a89'
                    }
                    'checklist-write': {
                        table: 'sys_security_acl'
                        id: 'a8939a8e05174d7db3a66c4e643fd604'
                    }
                    'cost_plan-event': {
                        table: 'sys_script'
                        id: '47a2a1088aea4f3ab4470702c1c7c4c3'
                    }
                    'dmn_demand-checklist': {
                        table: 'sys_ui_related_list_entry'
                        id: '595ab041788b4134ae3d6d3742efbe25'
                    }
                    'dmn_demand-event': {
                        table: 'sys_script'
                        id: '54ac03cf1dc74db1b45e697be4e33b4e'
                    }
                    'dmn_demand-gate': {
                        table: 'sys_script'
                        id: '971ff192d19a4b439c5e436ed9b39bc8'
                    }
                    'dmn_demand-gate-late': {
                        table: 'sys_script'
                        id: 'd783c77dcba44ea482ca2934e25212a0'
                    }
                    'dmn_demand-related': {
                        table: 'sys_ui_related_list'
                        id: '6a8e9db6207f4ac395443d5d39f235c0'
                    }
                    'dmn_demand-u_gatepost_actual-write': {
                        table: 'sys_security_acl'
                        id: '9a9f23a586f94e06aa444089a793b8e8'
                    }
                    'dmn_demand-u_gatepost_blockers-write': {
                        table: 'sys_security_acl'
                        id: '35827e870ee3440c90b23c978787c892'
                    }
                    'dmn_demand-u_gatepost_checked-write': {
                        table: 'sys_security_acl'
                        id: '02b18a70221b419d9436e075971dc896'
                    }
                    'dmn_demand-u_gatepost_findings-write': {
                        table: 'sys_security_acl'
                        id: '04e95a9efb7943c88d8d9e7b2348a397'
                    }
                    'dmn_demand-u_gatepost_forecast-write': {
                        table: 'sys_security_acl'
                        id: '8ba686a28e914749b747e5337dc6122f'
                    }
                    'dmn_demand-u_gatepost_gate-write': {
                        table: 'sys_security_acl'
                        id: 'cc92bfb7916d40fb8ee747defb69a9c3'
                    }
                    'dmn_demand-u_gatepost_implementation-write': {
                        table: 'sys_security_acl'
                        id: 'a4ec8f7f052742a5b484881f23dac1cf'
                    }
                    'dmn_demand-u_gatepost_link-write': {
                        table: 'sys_security_acl'
                        id: '5367bcd1f0374962b3fac11c7596f025'
                    }
                    'dmn_demand-u_gatepost_plan-write': {
                        table: 'sys_security_acl'
                        id: '3a6a95857cb4475cb64462a2da0c0e90'
                    }
                    'dmn_demand-u_gatepost_potential-write': {
                        table: 'sys_security_acl'
                        id: '1835aee24c8c43858aa83c66f6658b0d'
                    }
                    'dmn_demand-u_gatepost_stage-write': {
                        table: 'sys_security_acl'
                        id: 'e2f3e269301a4d4f8ad5e0464a2e576f'
                    }
                    'dmn_demand-u_gatepost_variance-write': {
                        table: 'sys_security_acl'
                        id: '726c61a69dd946778c01cd19e0534a93'
                    }
                    'dmn_demand-u_gatepost_why-write': {
                        table: 'sys_security_acl'
                        id: 'ede3feee6a78460694ca713ff1e44ff6'
                    }
                    'fm_expense_line-event': {
                        table: 'sys_script'
                        id: '95e88a1aa71e419e93c68290f0c80ac5'
                    }
                    'heartbeat-create': {
                        table: 'sys_security_acl'
                        id: '2d8ea6017d00450f99af742be7a32e7c'
                    }
                    'heartbeat-delete': {
                        table: 'sys_security_acl'
                        id: 'b5fadec7337d4d52a91470e230fba876'
                    }
                    'heartbeat-read': {
                        table: 'sys_security_acl'
                        id: '813fc6dcff9342aca14778ef07f8a0c9'
                    }
                    'heartbeat-write': {
                        table: 'sys_security_acl'
                        id: '5706c6365bd64ccd8e6c11c83ac008f7'
                    }
                    'job-clean': {
                        table: 'sysauto_script'
                        id: 'bd70e5a6c32e40e396a91772dcf25b85'
                    }
                    'job-send': {
                        table: 'sysauto_script'
                        id: '54802540a3544e82a25ae319b8695ac0'
                    }
                    'lock-read': {
                        table: 'sys_security_acl'
                        id: '7dc9bbdef22244f680dfd18fbf1e5ec2'
                    }
                    'outbox-delete': {
                        table: 'sys_security_acl'
                        id: 'e524fe938992430183546549cc465a6e'
                    }
                    'outbox-read': {
                        table: 'sys_security_acl'
                        id: '8782c3a6700c4c7db1d23a7984227b61'
                    }
                    'outbox-send-now': {
                        table: 'sys_script'
                        id: 'c62b981e9cd747409a4a544334e8aeff'
                    }
                    'outbox-write': {
                        table: 'sys_security_acl'
                        id: '5e997016c8c1405b8d932ebd0fa82460'
                    }
                    package_json: {
                        table: 'sys_module'
                        id: '0535320bb6ad4c2bb82d43e8011122d2'
                    }
                    'pm_project-checklist': {
                        table: 'sys_ui_related_list_entry'
                        id: 'b49a1929d2a34f62a86073390bdc5e75'
                    }
                    'pm_project-event': {
                        table: 'sys_script'
                        id: '49f1372db69f40c3835f4dcab9384e0f'
                    }
                    'pm_project-gate': {
                        table: 'sys_script'
                        id: 'ae5b75c1b3a641f1bb038d9cbe43c9bd'
                    }
                    'pm_project-gate-late': {
                        table: 'sys_script'
                        id: '9865b3a0fcc04391892d0e79c561e276'
                    }
                    'pm_project-related': {
                        table: 'sys_ui_related_list'
                        id: '4f18babc4ed84585aa381bad716ea54b'
                    }
                    'pm_project-u_gatepost_actual-write': {
                        table: 'sys_security_acl'
                        id: '2a70e30a7dd84e92802e02f69d92ac9a'
                    }
                    'pm_project-u_gatepost_blockers-write': {
                        table: 'sys_security_acl'
                        id: '1d834fa07acb4452bcd41636f866f860'
                    }
                    'pm_project-u_gatepost_checked-write': {
                        table: 'sys_security_acl'
                        id: '93e4a48b15484af7ba4322b85692e8d0'
                    }
                    'pm_project-u_gatepost_findings-write': {
                        table: 'sys_security_acl'
                        id: '626193f7dc9d4ccf937580e7f271fde7'
                    }
                    'pm_project-u_gatepost_forecast-write': {
                        table: 'sys_security_acl'
                        id: 'c6a8aa8e3a4747d1a62afafc2f84be25'
                    }
                    'pm_project-u_gatepost_gate-write': {
                        table: 'sys_security_acl'
                        id: '2c06eca3d89942679dfebc73f0639dc9'
                    }
                    'pm_project-u_gatepost_implementation-write': {
                        table: 'sys_security_acl'
                        id: '64bbeed177c143748713ee17eb69a934'
                    }
                    'pm_project-u_gatepost_link-write': {
                        table: 'sys_security_acl'
                        id: 'e04a4abdecd841cc8e2f97b6b3f3e4d6'
                    }
                    'pm_project-u_gatepost_plan-write': {
                        table: 'sys_security_acl'
                        id: '0560389c92154aa78fe7e62485c58a05'
                    }
                    'pm_project-u_gatepost_potential-write': {
                        table: 'sys_security_acl'
                        id: 'b80938adfef0422dbdea7c5ad297d5df'
                    }
                    'pm_project-u_gatepost_stage-write': {
                        table: 'sys_security_acl'
                        id: '7caa7c2674d24b25afd1e51be70ea2cf'
                    }
                    'pm_project-u_gatepost_variance-write': {
                        table: 'sys_security_acl'
                        id: '3ef48047d9934824ade4313db46c5fb6'
                    }
                    'pm_project-u_gatepost_why-write': {
                        table: 'sys_security_acl'
                        id: '5d2bdfc5f35449da96dc9977268189f0'
                    }
                    'property-endpoint': {
                        table: 'sys_properties'
                        id: 'f34aa1fa0cf04ae9a2fd3f4bc32509d5'
                    }
                    'property-exempt-writer': {
                        table: 'sys_properties'
                        id: '9a06c5080b8a40168c68cb5e9037bf6d'
                    }
                    'property-gate-names': {
                        table: 'sys_properties'
                        id: '5acb2e897e284a8c868ed3932e2d446b'
                    }
                    'property-gated-change_request': {
                        table: 'sys_properties'
                        id: 'd79f700d0d854db39e5c53ae05610351'
                    }
                    'property-gated-dmn_demand': {
                        table: 'sys_properties'
                        id: 'a2a8c211ee134a819f11e3758c9fea11'
                    }
                    'property-gated-pm_project': {
                        table: 'sys_properties'
                        id: '18a977c0a2fe4dc5890c348157d4d74d'
                    }
                    'property-secret': {
                        table: 'sys_properties'
                        id: 'edf210533a0f483c9719d5d0a7e53d65'
                    }
                    'property-stale': {
                        table: 'sys_properties'
                        id: '4fa21500152245d0929618b807ab6972'
                    }
                    'property-tables': {
                        table: 'sys_properties'
                        id: 'e9bb3fe1282047b68e16c81324b51090'
                    }
                    'property-when-stale': {
                        table: 'sys_properties'
                        id: '05dea8c4d9e346958d826d05e0aa9b8b'
                    }
                    'property-when-unassessed': {
                        table: 'sys_properties'
                        id: 'bd9b1414b566496686940812ad804b91'
                    }
                    'script-event-body': {
                        table: 'sys_script_include'
                        id: '43d66c4c8ad0495fa480f7aefba736dd'
                    }
                    'script-events': {
                        table: 'sys_script_include'
                        id: '23c71aa41e984675bfb5a929dd934837'
                    }
                    'script-gate': {
                        table: 'sys_script_include'
                        id: '23760261d6064eca92268bdb8dcc3bae'
                    }
                    'script-guard': {
                        table: 'sys_script_include'
                        id: 'f4cd04d9f315442db3f00cb953ad7928'
                    }
                    'script-lock': {
                        table: 'sys_script_include'
                        id: '7bbb6ff15be243deaf4a51b13cb1ee92'
                    }
                    'script-sender': {
                        table: 'sys_script_include'
                        id: 'ed1fd44ffcc34691a5730040add1fa20'
                    }
                    'sysapproval_approver-event': {
                        table: 'sys_script'
                        id: '00fdf21ad66f4e1691e2d95b6c98bc10'
                    }
                }
                composite: [
                    {
                        table: 'sys_security_acl_role'
                        id: '0016e6e7f3504dd08f208bdd101d8d69'
                        key: {
                            sys_security_acl: '5706c6365bd64ccd8e6c11c83ac008f7'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '01589a3af023442ba4263a4e432fca4d'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '025c04b9156d4472b2f26ea0b8981e73'
                        key: {
                            sys_security_acl: '813fc6dcff9342aca14778ef07f8a0c9'
                            sys_user_role: {
                                id: '8aa34189a03e4dc9a9434638d5d84c66'
                                key: {
                                    name: 'u_gatepost_admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '0537de9a47ad4fe88a49470c04bec913'
                        key: {
                            sys_security_acl: '5fd4da3ceedc42b88bf825534c2cda46'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '057913165f304ee7bff72cf35d7423ee'
                        key: {
                            sys_security_acl: '0dee4400a5254b8e867e9adacf2a270c'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '069ed42c9d33455fb7700033a94fac90'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: '06db088e0235446a88b1d556ca7d5367'
                        key: {
                            name: 'u_gatepost_outbox'
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
                        table: 'sys_security_acl_role'
                        id: '07b1f9c5010f437ab77c159db2c18210'
                        key: {
                            sys_security_acl: '9c1ec75caddd40c8aee0bae221de1eb3'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '07d6bee72ea044c0b47ee4098be2f73f'
                        key: {
                            sys_security_acl: '1835aee24c8c43858aa83c66f6658b0d'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '0915b2427ba64528a4bf303df0f57629'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_plan'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '097cf104929e4047a500cb93dc698b98'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_gate'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '0afc52ba3f3d4e9888c79941913e6435'
                        key: {
                            name: 'change_request'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '0b4a3a94e14e4956bbbdaed380b71c8e'
                        key: {
                            sys_security_acl: '626193f7dc9d4ccf937580e7f271fde7'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '0d2d2b19b352445d92a30dcae92112c1'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_stage'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '0e7a7c20d73545348f3b0d6d524b2dca'
                        key: {
                            sys_security_acl: '405f4adaf7c9481eae0431736f9b9c52'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '0f2004d214644ac3a001cea23f91caa0'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_operation'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_view'
                        id: '0fa7b06378ff420c95ccffbf69674149'
                        key: {
                            name: 'gatepost'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '0fd10c98737940738bb54827ee8193f9'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_actual'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '0ffc7d15cbce4af597f344798a7c8d56'
                        key: {
                            name: 'pm_project'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '134c7426131042bba606f5e8f0306c44'
                        key: {
                            sys_security_acl: 'e4280ea541de4787b0f4b94a6d17f598'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '14db70f6c84c43d3a4d5fe872dfc2010'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_gate'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '152ba5df073e44a3b03d351dba9f2af4'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_findings'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list'
                        id: '17effe14dd984f7caa21a21bf8ba2312'
                        key: {
                            name: 'u_gatepost_checklist'
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
                        table: 'ua_table_licensing_config'
                        id: '18e187b5b2754e2e88d78ffbe39fcef0'
                        key: {
                            name: 'u_gatepost_outbox'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '19a14c8ae3cc42c0a980d3bae570738d'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_gate'
                            position: '6'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '19d7acea5dfc469cb72758831922cfcf'
                        key: {
                            list_id: {
                                id: '17effe14dd984f7caa21a21bf8ba2312'
                                key: {
                                    name: 'u_gatepost_checklist'
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
                        table: 'sys_db_object'
                        id: '1a320c538ede472cb04c44ba2ed71183'
                        key: {
                            name: 'pm_project'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '1adf7ad440854266a86717c2ffa72241'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_actual'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '1b0ae9f9561446c9b76547cb0d41a6b7'
                        key: {
                            sys_security_acl: '726c61a69dd946778c01cd19e0534a93'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '1bf44dc74de944ac8bbdc11d7f642dde'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_order'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '1d3e2ea4edfa4f94803d2f2500decc9d'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_findings'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '1e0fdc8d1586427f8e6bbadc5e14203e'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_stage'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '1f7882a6e2a747e2acdce30b63236760'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_gate'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '20a4b85ccb3847a8a1186fea966c09ae'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_findings'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '21d4e7b996dc4f649e0a37ce27ad450c'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_checked'
                            position: '13'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '21e60e96e697453b92508e86c1d4faaa'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_variance'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '22f7691fc20144329cdb70e2e10e27b4'
                        key: {
                            sys_security_acl: 'b8cd2f1da7e043e1950b887c8aab4473'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '2379affa4cef49abad0641a88353b807'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_order'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '23dde2629a7e4ee69b17af0d1f6b412b'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_response'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '264d78912bcc4989a9db0a61f8b462f1'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        table: 'sys_dictionary'
                        id: '298048934ebb46e5891562bb043cd682'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_stage'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '2a44453b0fab406183bca2ec564c6e8e'
                        key: {
                            sys_security_acl: '3ef48047d9934824ade4313db46c5fb6'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '2a89cb9242a8456ca721471b48e892e8'
                        key: {
                            name: 'dmn_demand'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '2ab29d7e4a6443ad892b7875ba161803'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_result'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '2c32478ceab74684bf75c37d193aff1c'
                        key: {
                            sys_security_acl: 'cc92bfb7916d40fb8ee747defb69a9c3'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '2ce62c93d65a46299b27cb72bb6c0237'
                        key: {
                            list_id: {
                                id: '17effe14dd984f7caa21a21bf8ba2312'
                                key: {
                                    name: 'u_gatepost_checklist'
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
                        table: 'sys_ui_element'
                        id: '2cf4dba8bc094db8abfcdf3e338ab461'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_stage'
                            position: '3'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '2d137af8bf254d67a60b74980cca5771'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_link'
                            position: '14'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '2d30d02c5d614e06802741e6c5ccf3cd'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_checked'
                            position: '14'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '2ed301693a934cff86249cc2e0979585'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_response'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '30e12add30024b54bccd51edc65c3273'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_plan'
                            position: '10'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '316c2e370e7d45d48828348bc8211b7e'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_state'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '31e92b9a0d3a49a4af24479315b62c47'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_stage'
                            position: '3'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '32e22dc0bc5647c7823a305901a70ca1'
                        key: {
                            sys_security_acl: 'cc8f64dcdebe44e993a3198ea7aa5419'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '3363335d63e64fddac5bb1cc5d498c26'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_table'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '33961c71880a41d8a02bce1633b25e8d'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_attempts'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '33c15d0b6e37479985e848b912885526'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_findings'
                            position: '7'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '3566401956434790bcd56737037bf341'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_sentence'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '3573470e092b40b8a112b808704405f9'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_implementation'
                            position: '4'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '361e27a1774b436dbf139968ec709b6b'
                        key: {
                            name: 'u_gatepost_heartbeat'
                            element: 'u_connection'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '3702f71366004bae8fb1e6804f478ed9'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_gate'
                            position: '6'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '3841109551a548a7b43f023af09e8c4e'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_potential'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '38416108cab14d9d9def715cf3120b49'
                        key: {
                            sys_security_acl: '0560389c92154aa78fe7e62485c58a05'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '384cd9dacb8a4e3ca2b0caf39ac38956'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_variance'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '38fc1e68bcce414e9b506b4e7ec61002'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_plan'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '39308fe22a954d62b8a8a4eeceb261dd'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_implementation'
                            position: '4'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '3a4c734176d042c4896d5567d70904fd'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_findings'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '3a4db58928d04ac6bb5fcf7388d187b2'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_findings'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '3b5af028044a4e8680737e4aa8f7c228'
                        key: {
                            name: 'u_gatepost_lock'
                            element: 'u_until'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '3ba16f8d0eb34231b96ca58d43ceba81'
                        key: {
                            sys_security_acl: '35827e870ee3440c90b23c978787c892'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '3c5b1d24a5a54329aee09362097994c1'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_record'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '3d41231a8bd1457ba0216d4d2cedd9d1'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '3d9f3d3c998742a49c2653835c903ac7'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_link'
                            position: '14'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '3db63d6b7ec844cab61998d933fb7afe'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_plan'
                            position: '9'
                        }
                    },
                    {
                        table: 'sys_ui_section'
                        id: '3e0e55479101497190d86e68e1c8d54f'
                        key: {
                            name: 'pm_project'
                            caption: 'NULL'
                            view: {
                                id: '0fa7b06378ff420c95ccffbf69674149'
                                key: {
                                    name: 'gatepost'
                                }
                            }
                            sys_domain: 'NULL'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '3edbe278566f42e6a8d5f6f8c9cc249b'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_link'
                            position: '14'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '3f92657e8df64816b73d8806132517ce'
                        key: {
                            sys_security_acl: 'b80938adfef0422dbdea7c5ad297d5df'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '402873f327144550b54ad88bc3e689c2'
                        key: {
                            sys_security_acl: 'abcc569f7fb448628d1ed5e37e6447e6'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '40eaa166d9964f97816924c0b856af8f'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_checked'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '40f6d59fac69404082507056c89c57e1'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_result'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '41cf3a991f564e9e8adc6eb8dd07c303'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_plan'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '41ecef55abda4124ab0f91760d4e35c0'
                        key: {
                            name: 'u_gatepost_heartbeat'
                            element: 'u_heartbeat_at'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '4247fe5417af451cb81cef3f9f79ca6a'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_variance'
                            position: '13'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '42affc31876546d69f35219325d31475'
                        key: {
                            sys_security_acl: 'c087213b94fe44a9a3de8d813933f3c2'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '443f0242fec34d76b61d6c258dfb282f'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_plan'
                            position: '10'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '4491ae9115a8494f99082f8bad274c5d'
                        key: {
                            sys_security_acl: '5d2bdfc5f35449da96dc9977268189f0'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '46da6d806c504e7cadd32a6dae14da34'
                        key: {
                            sys_security_acl: '64bbeed177c143748713ee17eb69a934'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '46f7164ef1414e0f9c303f358376857b'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_actual'
                            position: '12'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '48b33d21df9e49cebf25bfb470b583f0'
                        key: {
                            sys_security_acl: 'bc9c50518e774002b452029cfc451a4f'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '48e14440f7324dd18b8329dc1e050d99'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_potential'
                            position: '5'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '48ff28465d704f6087267e58c33bce76'
                        key: {
                            sys_security_acl: '7dc9bbdef22244f680dfd18fbf1e5ec2'
                            sys_user_role: {
                                id: '8aa34189a03e4dc9a9434638d5d84c66'
                                key: {
                                    name: 'u_gatepost_admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '49089f835a7f4a11a3abe7fbdf1fbff9'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_link'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '49d7b4c1a9364aa496add802084aa8cb'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '4a2b2f9a8f4c4596906564b0634b2fa8'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_forecast'
                            position: '11'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '4d3614137d0a4506bda4a0ca29275b62'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_implementation'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '4e1f18bcbb6442839304f03403ca5a8f'
                        key: {
                            name: 'u_gatepost_lock'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '4e289cb0b371476c90c11de72dd9f0c3'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_who'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '4ec13099bb184ce482e594d2f94b170d'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_checked'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '4ec7869fcf4b4409b854bfdf71324f15'
                        key: {
                            name: 'pm_project'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '4fb26679adf542f68d3e4701c473e72d'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_potential'
                            position: '5'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '503e5d0fc9234df4b9cb4b25bf2da9f0'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'state'
                            position: '2'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '520d1458accd4856b09c1b2f38b5fb8d'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_operation'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '523f5a0b4e234c3d90660b7bd5a2cc66'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_link'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '5397c6a6eb9a4ad7b923f626c29d834d'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_state'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '54038b3281344332b0d63a955c17d711'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_forecast'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '54e10289341441948815cbeb4157d3ec'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_potential'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '55657d49ff9848759ee28419587b4b3b'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_implementation'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '56462fcd20d444a3b0b360d38d168af4'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_potential'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '568138c357ba44619a608ac355600680'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_since'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '58b28e59f22e45bfb0f7bafda7015405'
                        key: {
                            name: 'u_gatepost_heartbeat'
                            element: 'u_connection'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5a1bc390c98a44dcbc569d327ad1a0f7'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_plan'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '5a63e61f1c904017b9e38f8ebfa2f031'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_variance'
                            position: '13'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '5ae7c190820249cda0dda7cf51efe751'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_gate'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '5b2a8542d16b408c9c11a7e07c2faa16'
                        key: {
                            sys_security_acl: 'b5fadec7337d4d52a91470e230fba876'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '5ccfb92d575f4eafa1e6f245fdffbef7'
                        key: {
                            sys_security_acl: '8ba686a28e914749b747e5337dc6122f'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5d5b482419f745f998dd6510c80299af'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_link'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '5d84a6746cf34934a48337c140572ea9'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_potential'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5da0f7caba544f47a38ce405428c1a34'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_blockers'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '5db1526d06f84909bc4016aa3478de50'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_stage'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '5e0d834c4a804a9b99de0aed6661a6f3'
                        key: {
                            sys_security_acl: '273f7ddd32ba4ebbb4b607f5448b2fc4'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '5f4700ea36d1488d95bf299714ed9dd6'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_forecast'
                            position: '10'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '5f71ac5d8c0e46e1acc292d17434a826'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_why'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '619c56bc05334496898479c7fcdcfbb4'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_findings'
                            position: '7'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '6321fb2f75704849ae3ea4f5c55a4b74'
                        key: {
                            name: 'dmn_demand'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '66adf5caf4c24e23b4fc8b745332faa4'
                        key: {
                            sys_security_acl: 'ede3feee6a78460694ca713ff1e44ff6'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '6705653aae24476aa1fa1af850f4f5bf'
                        key: {
                            sys_security_acl: '5e997016c8c1405b8d932ebd0fa82460'
                            sys_user_role: {
                                id: '8aa34189a03e4dc9a9434638d5d84c66'
                                key: {
                                    name: 'u_gatepost_admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '672c7209275d4346938519cf8a115112'
                        key: {
                            name: 'u_gatepost_lock'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '696595f28a344e7b833dc4d8dff87b4e'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_implementation'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '69989b9ce8954575a2215aa2df877171'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_blockers'
                            position: '8'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '6a084ccf58dc4daa8144c6481c00ab1d'
                        key: {
                            sys_security_acl: '2d8ea6017d00450f99af742be7a32e7c'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '6aa3d7dc7380455794554b0cd9e0fd6a'
                        key: {
                            name: 'u_gatepost_lock'
                            element: 'u_until'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '6b824deaf5ba40289542b146eabae6e4'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'short_description'
                            position: '1'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '6c7aa373164e44ceab887a106a657e23'
                        key: {
                            sys_security_acl: '813fc6dcff9342aca14778ef07f8a0c9'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '6d92d87499cf44a5a1a3bb66e5b104d9'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'short_description'
                            position: '1'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '6dc713562b9e47a599f9f9a7730e0ddd'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        table: 'sys_ui_list_element'
                        id: '6ef8e2d79e304246ada5736f079f160f'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        table: 'sys_dictionary'
                        id: '6f1712293a674d1bbfd297397cfb232d'
                        key: {
                            name: 'u_gatepost_heartbeat'
                            element: 'u_heartbeat_at'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '6f463c7bd31246dea9735ff753e7e0ea'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_checked'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '71e16b3019884b3c91b4aa04a3e1ee62'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_next_attempt'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '71ecf846ee714bcd9aa499cffbd5002c'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'number'
                            position: '0'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '7298e80c72b64ce0846d52e7f3bbd89b'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_forecast'
                            position: '10'
                        }
                    },
                    {
                        table: 'sys_user_role'
                        id: '72a9e3ea0f5140a6bab8cbebc3124063'
                        key: {
                            name: 'u_gatepost_writer'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '72c9458cacea484aad3a1fdbcc2931f9'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_checked'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '734617d37d5a460b9bd11f6f2ebc15ac'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_checked'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '759611b04219407aa2679315365e58ca'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_stage'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '76c7713308ba41c5b59fd10603982f89'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_event'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '774e1fdbd26e48c4a6110063753518ec'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_variance'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '780e46faac594fabbe9013aa53548587'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_blockers'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '78e75a05398648ee9260ed17e940ed43'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_why'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '7ce57cd423fe4e0a9dbe208c0cd00790'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_body'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '7e7d7548ed834eef863baf41bdfa8836'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_variance'
                            position: '12'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '7f50d0effbd4429b8deabb4d89d5fd89'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_forecast'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '81668785bf6340d9a95c5649d98dc788'
                        key: {
                            name: 'u_gatepost_outbox'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '82b00867849447689a0ae75316c63d00'
                        key: {
                            sys_security_acl: '2a70e30a7dd84e92802e02f69d92ac9a'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '8434e05f20a64c839cbbf2fd71135212'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_stage'
                            language: 'en'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: '87fd93c31da545ea996a9505fc2b08cc'
                        key: {
                            name: 'change_request'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '880b9ba0eb314c55b36a28ab811464fb'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_blockers'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '880ba3de9be94258ba35541bfccf4f9e'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_order'
                        }
                    },
                    {
                        table: 'sys_ui_section'
                        id: '8968459bfcbd497d88ee7f9f737106dc'
                        key: {
                            name: 'change_request'
                            caption: 'NULL'
                            view: {
                                id: '0fa7b06378ff420c95ccffbf69674149'
                                key: {
                                    name: 'gatepost'
                                }
                            }
                            sys_domain: 'NULL'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8a9fea2d32df473ea3f125c50e8e9ea0'
                        key: {
                            name: 'u_gatepost_lock'
                            element: 'u_holder'
                        }
                    },
                    {
                        table: 'sys_user_role'
                        id: '8aa34189a03e4dc9a9434638d5d84c66'
                        key: {
                            name: 'u_gatepost_admin'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '8b143c16006f49e0a50c3a5e57c7cbcd'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_link'
                            position: '15'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '8b517037a1f445ae86bed02e61eccbda'
                        key: {
                            sys_security_acl: '7caa7c2674d24b25afd1e51be70ea2cf'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '8ba8007b8c03434e8a7c715e1a7700bb'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        id: '8bbc1679444f4ddcb0cf0116c7031292'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_forecast'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '8bc3462d5c5c431687330525f6b15068'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_checked'
                            position: '13'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8d651dce81774c38bd5c7f88032bfd4d'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_findings'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8e8aa15fe9264bd792f59a0de4e56694'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_order'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '8f2bcf4f1662483b978045ea734a93b7'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_event'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '902cc9dfa9f749c4ba686641ad89a607'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_variance'
                            position: '12'
                        }
                    },
                    {
                        table: 'sys_db_object'
                        id: '90495bec47854096a52e25a1ba118742'
                        key: {
                            name: 'u_gatepost_checklist'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: '90e75eb1322248a3a847a376416a36c2'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        table: 'sys_ui_element'
                        id: '912a6d9816564981a54af9ef06d1c590'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_why'
                            position: '9'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '91bf0ebcb4c948f79528766ab147431c'
                        key: {
                            sys_security_acl: '1d834fa07acb4452bcd41636f866f860'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '91ef9c8639b3426c85ee2d0544f77b46'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'short_description'
                            position: '1'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '929f0abb56074a3b8140ff602f726435'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_forecast'
                            position: '11'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '93eba13cb5524c7199a268ca0a3a166f'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_blockers'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: '972aa7b94ca547408da6b30913ce38c0'
                        key: {
                            sys_security_acl: 'b428a845167143e4b1d9ea6aadbe349f'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '974a1139c3114d2386c37a5398a9696a'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_implementation'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: '98a4ac1e70d54aea874ef8154f2ac73a'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_task'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: '9900e50711164987ad41916ed440b473'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_task'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '9cd60a8f3ab04a4780ac447ab985d2b8'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'state'
                            position: '2'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: '9e1353eb1d5d43f8934935818341a1e7'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_stage'
                            position: '3'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'a15ed4591c564f44b71f9113e243136a'
                        key: {
                            sys_security_acl: '93e4a48b15484af7ba4322b85692e8d0'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'a1b1b83afbfc4cbf911dba6ba0737cb0'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_actual'
                            position: '12'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'a2260e87952d4976906c4d7e831cb90e'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_variance'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'a242acacaae44a168bd8d7d65c4e2f28'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_forecast'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'a51088cfe8714142b6121a081eda30f0'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_actual'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'a519fef5a8ca4d30adf3d84db49f0639'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_link'
                            position: '15'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'a65dc6999a614136a19630bf9764e372'
                        key: {
                            sys_security_acl: '2c06eca3d89942679dfebc73f0639dc9'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'a7b07019010e43c7bbd13c8c02c354f9'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_body'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'a82522e645ce4141b972668f0c92b805'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_checked'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'a86da0b604fa4c66aa2b8c1a9050e317'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_link'
                            position: '15'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'a8e8ad4722204602af94b4c5746efe27'
                        key: {
                            list_id: {
                                id: '17effe14dd984f7caa21a21bf8ba2312'
                                key: {
                                    name: 'u_gatepost_checklist'
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
                        table: 'sys_ui_element'
                        id: 'a8f0f5aad75848468244e49f6aae6977'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_actual'
                            position: '11'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'a9031eb6683b4bdb80964005c5c83ec2'
                        key: {
                            sys_security_acl: 'e04a4abdecd841cc8e2f97b6b3f3e4d6'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'a9ebbb88efbe498c98f59a50ad19db87'
                        key: {
                            name: 'u_gatepost_heartbeat'
                            element: 'NULL'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'ac1339cb9c734cfd878dd08a6b2e1290'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_next_attempt'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'ad0d267411814214a23e3542e81c533f'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'number'
                            position: '0'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'ae7ac36572fe4364bff054dca6121d1c'
                        key: {
                            list_id: {
                                id: '17effe14dd984f7caa21a21bf8ba2312'
                                key: {
                                    name: 'u_gatepost_checklist'
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
                        table: 'sys_security_acl_role'
                        id: 'af46f5ad5b7f4021bca480125807991c'
                        key: {
                            sys_security_acl: '04e95a9efb7943c88d8d9e7b2348a397'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'b109e161f9924359a18375593a2c5437'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_blockers'
                            position: '8'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'b1eaf22fa60c4a5a8638f435f8ed24bb'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_plan'
                            position: '9'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'b1f8fd4b0c9b434584b16b90ada4e9e3'
                        key: {
                            sys_security_acl: '9e75cd603e09457c9e38735cf59aba4c'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'b28143510e9942d0936fc8c1a11153fa'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_why'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'b53082fd25414cfa803fa8c98dc340ad'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_why'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'b5b7d4af71f74c5883155365b3aea8b9'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_sentence'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'b5d04b40197e42588418bc4a4f30a663'
                        key: {
                            sys_security_acl: 'e524fe938992430183546549cc465a6e'
                            sys_user_role: {
                                id: '8aa34189a03e4dc9a9434638d5d84c66'
                                key: {
                                    name: 'u_gatepost_admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'b710403eb9504920b4b955cbfa4ce4eb'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_checked'
                            position: '14'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'b776f476fe694a8ca7ffd547dca9f38d'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_potential'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'b81ad4663fb241ee9405248dc41036fe'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_plan'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'badfbc0d7ead4ba8b4eb135803141ffa'
                        key: {
                            name: 'change_request'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'bb9380c09bdc48fa9a30701e1d0a3f96'
                        key: {
                            sys_security_acl: '3a6a95857cb4475cb64462a2da0c0e90'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'bbfb82446a3d4b2f9a8782b7f8df223d'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_gate'
                            position: '6'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'bc672f01666240f799dfd1637474f66c'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_potential'
                            position: '5'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'bd95a2e6030f4f1094c7f63854649069'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_variance'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'be4fe81799ee4314a97b07a577a27ece'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_attempts'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'c0e86585f75442fda3168d9678eec953'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_why'
                            position: '9'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'c136a642221a47e9b70b36730ceb4ed6'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_stage'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'c190d8995e744b1e9a6123940f866fa8'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_plan'
                            position: '9'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'c239bfa16c1547348e063ac62f72bae6'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'number'
                            position: '0'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'c354ea97a6024e9194a4494a5c4aab9e'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_table'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'c3d09d98c5164725a42952ab6fb82ad8'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_actual'
                            position: '11'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'c46931e1625948bd965a77596acbcb8c'
                        key: {
                            sys_security_acl: 'fece322cd41c43b4881673fff5eb316d'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'c6f4c17f97714b05bf89ace3f79bbcff'
                        key: {
                            name: 'u_gatepost_heartbeat'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'c8a18c7b51cb4922bf2e65a2c2ad33b9'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_blockers'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'c8f2c4665a0543f6abec5a4dfe26a932'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_variance'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'ca50dc743f2448b5be4212c432c98c2e'
                        key: {
                            name: 'u_gatepost_outbox'
                            element: 'u_record'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'cc468f6e678b45d8ae9fa3d5a25cb7ae'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_gate'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'cc8e725fdf084f01a02749db3952e6d1'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_implementation'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'cfac04c000244ce3b52e4fd82135345a'
                        key: {
                            sys_security_acl: 'e2f3e269301a4d4f8ad5e0464a2e576f'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'd0b1923dbfd642388bf27f05bf66457c'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_actual'
                            position: '12'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd0dc2d5b62f1417594f67321131c6f1d'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_since'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'd13ee97324f54ea1b1d0a9642e6528f6'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_checked'
                            position: '13'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd1705bdffde74fdeb4af6da2a62a5f9a'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_link'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'd38d4db5e6524b80bbd1d2812b27b80c'
                        key: {
                            list_id: {
                                id: '17effe14dd984f7caa21a21bf8ba2312'
                                key: {
                                    name: 'u_gatepost_checklist'
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
                        table: 'sys_documentation'
                        id: 'd3f3cdfffe1045658bef8b2f12eb4d4c'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_gate'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd51ad6a11a3c4b0290831b95ca38ecd2'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_who'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'd57397e3af514d779404e78608be49c4'
                        key: {
                            list_id: {
                                id: '17effe14dd984f7caa21a21bf8ba2312'
                                key: {
                                    name: 'u_gatepost_checklist'
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
                        id: 'd5a94fc0d2ec423f917b3c4c1ad3ee57'
                        key: {
                            name: 'u_gatepost_lock'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'd64dbd1dec444a9ea826702b82029537'
                        key: {
                            sys_security_acl: '8782c3a6700c4c7db1d23a7984227b61'
                            sys_user_role: {
                                id: '8aa34189a03e4dc9a9434638d5d84c66'
                                key: {
                                    name: 'u_gatepost_admin'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'd6edd08458204228b2407f244b852db3'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_why'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'd73eb1263e4f47ccb0bdfec90cfebb93'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_forecast'
                            position: '10'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'd8764ed74f1742469d615ab408286014'
                        key: {
                            name: 'u_gatepost_lock'
                            element: 'u_holder'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'd8b2ab4c812242269b52c23041a1dfd3'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_forecast'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'd93a54f50e8a44e785844006b3925d79'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_link'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'db65803b9a364a47ad3248baf24aeaba'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_link'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'db6e0d6bcd37473e9a133db7112c46ca'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_actual'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'dc8be79ccf9a42588214900820af7ee5'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_actual'
                            position: '11'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'dcc36649b22c4161b23911ff28a5acc5'
                        key: {
                            sys_security_acl: 'a4ec8f7f052742a5b484881f23dac1cf'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_section'
                        id: 'dd50e3f840d340fb82493aed3c7a496c'
                        key: {
                            name: 'dmn_demand'
                            caption: 'NULL'
                            view: {
                                id: '0fa7b06378ff420c95ccffbf69674149'
                                key: {
                                    name: 'gatepost'
                                }
                            }
                            sys_domain: 'NULL'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'dd69324a84114997a95aaf0aa4c7c5b2'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_code'
                            language: 'en'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: 'dde6088e4b9b42f099c963712c163456'
                        key: {
                            name: 'u_gatepost_checklist'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'de8127a148b2465389370b3db4a88c4e'
                        key: {
                            sys_security_acl: '5367bcd1f0374962b3fac11c7596f025'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'df8c5f3e64724375b1480cd632de643f'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_stage'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'dfdf296d58e549a589a96b6505e3abdc'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_potential'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'e1cbc660642341d2ad4e49778c296778'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        table: 'sys_db_object'
                        id: 'e263391245a14209922799d5caf1aeaa'
                        key: {
                            name: 'u_gatepost_heartbeat'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'e30bf492c2b041379ac44d46f14be935'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'state'
                            position: '2'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'e3f683a73f474c6ca23ff0b04b1d9120'
                        key: {
                            sys_security_acl: '9a9f23a586f94e06aa444089a793b8e8'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'e3fbadf64c0546988df90a924f195945'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_actual'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'e67f176beaa54c7fb6dd5f6cc5875bd4'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_findings'
                            position: '7'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'e9051b16b36c4364bfdfe988d489c5f8'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_plan'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'eb32d5f001004fd688b391843634a7e6'
                        deleted: true
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_variance'
                            position: '12'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'eb57000f4f7941cfafb74cbfc1d4b74f'
                        key: {
                            sys_security_acl: 'fbb29b3f73de422c830b547cb639a5f7'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'ec4eeda01ad54f9aa8b763947606358c'
                        key: {
                            sys_ui_section: {
                                id: 'dd50e3f840d340fb82493aed3c7a496c'
                                key: {
                                    name: 'dmn_demand'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_variance'
                            position: '13'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'ed7b6074e5ce4848a96f53effd4ac8e9'
                        key: {
                            name: 'pm_project'
                            element: 'u_gatepost_blockers'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'ede23deacd4549f4b12e76d318d06dc4'
                        key: {
                            sys_ui_section: {
                                id: '8968459bfcbd497d88ee7f9f737106dc'
                                key: {
                                    name: 'change_request'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_plan'
                            position: '10'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'ee51a65865e14c5683d3abfed39a69b3'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_blockers'
                            position: '8'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'f1369d04652f4271a7567cb8875f0a89'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_implementation'
                            position: '4'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'f2142412446242929f3c27727c1021db'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_why'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'f35ccd6f0a824dc584ed93af6fab610c'
                        key: {
                            name: 'dmn_demand'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'f3b4cec4a59d46f48e296f8d13a83987'
                        key: {
                            name: 'u_gatepost_checklist'
                            element: 'u_code'
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'f3fc582f1e874b3d859a249ffa929856'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        id: 'f5df311959e543da9659bc71dc50d963'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_actual'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'f66f9a4f5fa14c67a1a22571bc5acf67'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_forecast'
                            position: '11'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'f745b131c8834b95a7e3383403131169'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_why'
                            position: '9'
                        }
                    },
                    {
                        table: 'sys_ui_element'
                        id: 'f74630c4fcdc4d81b49f23bffe2cc105'
                        key: {
                            sys_ui_section: {
                                id: '3e0e55479101497190d86e68e1c8d54f'
                                key: {
                                    name: 'pm_project'
                                    caption: 'NULL'
                                    view: {
                                        id: '0fa7b06378ff420c95ccffbf69674149'
                                        key: {
                                            name: 'gatepost'
                                        }
                                    }
                                    sys_domain: 'NULL'
                                }
                            }
                            element: 'u_gatepost_checked'
                            position: '14'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'f8879551a95d4483b54dd274479ca5c6'
                        key: {
                            sys_security_acl: '02b18a70221b419d9436e075971dc896'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'f928bbd02eda49b282107b249d20ba56'
                        key: {
                            sys_security_acl: 'c6a8aa8e3a4747d1a62afafc2f84be25'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_dictionary'
                        id: 'fb289deaa8b14a49843be0ab8d9b2903'
                        key: {
                            name: 'dmn_demand'
                            element: 'u_gatepost_implementation'
                        }
                    },
                    {
                        table: 'ua_table_licensing_config'
                        id: 'fbadd4050689443c9ff1505f82a7e3d5'
                        key: {
                            name: 'u_gatepost_heartbeat'
                        }
                    },
                    {
                        table: 'sys_documentation'
                        id: 'fbe0601b142540b4a4faa6703353a299'
                        key: {
                            name: 'u_gatepost_lock'
                            element: 'NULL'
                            language: 'en'
                        }
                    },
                    {
                        table: 'sys_security_acl_role'
                        id: 'fc52cb318e5547d7a2b5928142e3cdce'
                        key: {
                            sys_security_acl: 'a8939a8e05174d7db3a66c4e643fd604'
                            sys_user_role: {
                                id: '72a9e3ea0f5140a6bab8cbebc3124063'
                                key: {
                                    name: 'u_gatepost_writer'
                                }
                            }
                        }
                    },
                    {
                        table: 'sys_ui_list_element'
                        id: 'fc70d902e75b4eb0ab392327419d17fd'
                        key: {
                            list_id: {
                                id: '06db088e0235446a88b1d556ca7d5367'
                                key: {
                                    name: 'u_gatepost_outbox'
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
                        table: 'sys_dictionary'
                        id: 'fdff15c94ead4411962f778c6593f7eb'
                        key: {
                            name: 'change_request'
                            element: 'u_gatepost_forecast'
                        }
                    },
                ]
            }
        }
    }
}
