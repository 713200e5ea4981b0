//! What happens in a call, one story a test.

mod just_let_me_go;
