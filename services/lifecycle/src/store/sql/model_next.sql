select coalesce(max(version), 0) + 1 as "version!" from fitted_model
