select content from foreign_model_file where version = $1
