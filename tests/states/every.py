"""Every state that a person can meet, in one list: pictures and checks both go through it."""

from tests.states.desk import DESK
from tests.states.many import MANY
from tests.states.pages import PAGES
from tests.states.rows import ROWS
from tests.states.surfaces import SURFACES
from tests.states.trouble import TROUBLE
from tests.states.visit import State, name_of

EVERY = (*DESK, *ROWS, *MANY, *TROUBLE, *SURFACES, *PAGES)
STATES: dict[str, State] = {name_of(state): state for state in EVERY}
