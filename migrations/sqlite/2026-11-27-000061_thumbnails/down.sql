DROP TRIGGER document_thumbnails_keep;
DROP TABLE document_thumbnails;
