//! What happens in a call, one story a file.

mod angry_after_an_outage;
mod answers_to_an_offer;
mod asking_back;
mod budget_is_gone;
mod by_the_law_of_the_place;
mod first_invoice;
mod honest_risks;
mod just_let_me_go;
mod moved_away;
mod moved_away_and_back;
mod one_person;
mod opt_out_on_day_one;
mod outage_mended;
mod real_row;
mod redis_dies;
mod seasonal_pause;
mod senior_override;
mod services_down;
mod silence_after_death;
mod spanish_agent;
mod the_same_request_again;
mod too_expensive;
mod what_was_just_written;
