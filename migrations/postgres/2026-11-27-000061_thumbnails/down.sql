DROP TABLE document_thumbnails;
