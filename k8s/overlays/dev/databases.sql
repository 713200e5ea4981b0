-- One database and one role per service, as everywhere; read by the image at its first start.
create role rekindle_profiles login password 'dev-only';
create role rekindle_lifecycle login password 'dev-only';
create role rekindle_offers login password 'dev-only';
create database rekindle_profiles owner rekindle_profiles;
create database rekindle_lifecycle owner rekindle_lifecycle;
create database rekindle_offers owner rekindle_offers;
