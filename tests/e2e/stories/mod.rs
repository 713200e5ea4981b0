//! What happens in a call, one story a file.

mod angry_after_an_outage;
mod answers_to_an_offer;
mod asking_back;
mod budget_is_gone;
mod by_the_law_of_the_place;
mod honest_risks;
mod just_let_me_go;
mod moved_away;
mod moved_away_and_back;
mod one_person;
mod real_row;
mod redis_dies;
mod senior_override;
mod services_down;
mod spanish_agent;
mod the_same_request_again;
mod too_expensive;
mod what_was_just_written;
