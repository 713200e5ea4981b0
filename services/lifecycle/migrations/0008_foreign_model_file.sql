-- The files of models that somebody else trained, beside the versions that serve them.
create table foreign_model_file (
    version     bigint not null,
    trained_by  text not null,
    description text not null,
    sha256      bytea not null,
    content     bytea not null,
    constraint foreign_model_file_pkey primary key (version),
    constraint foreign_model_file_version_fk foreign key (version) references fitted_model (version),
    constraint foreign_model_file_length_check
        check (char_length(trained_by) <= 200 and char_length(description) <= 500),
    constraint foreign_model_file_sha256_check check (octet_length(sha256) = 32),
    constraint foreign_model_file_content_check
        check (octet_length(content) between 1 and 33554432)
);

-- Weights do not compress.
alter table foreign_model_file alter column content set storage external;

comment on table foreign_model_file is 'One row per version that serves somebody else''s model; never changed';
comment on column foreign_model_file.version is 'The version';
comment on column foreign_model_file.trained_by is 'Who trained it, as the importer said';
comment on column foreign_model_file.description is 'What it is, as the importer said';
comment on column foreign_model_file.sha256 is 'The SHA-256 of the content, checked whenever it is read';
comment on column foreign_model_file.content is 'The ONNX file';
