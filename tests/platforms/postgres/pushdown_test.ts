/** What must hold where tokens are made by the action must hold where the database makes them. */
import "./columns_test.ts?pushdown";
import "./constraints_test.ts?pushdown";
import "./tables_test.ts?pushdown";
import "./triggers_test.ts?pushdown";
import "./values_test.ts?pushdown";
